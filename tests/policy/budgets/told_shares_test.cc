#include "policy/budgets/told_shares.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/temporary_folder.h"

namespace headgate::policy {
namespace {

constexpr std::int64_t kMonth = 1'793'491'200'000;  // 2026-11-01T00:00:00Z

class ToldSharesTest : public testing::Test {
 protected:
  std::string Folder() const { return folder_.path().string(); }
  ToldShare Told(const std::string& budget, std::int64_t begin) const {
    return FindTold(ReadTold(Folder()), budget, begin);
  }
  TemporaryFolder folder_;
};

TEST_F(ToldSharesTest, nothing_is_told_without_a_file) {
  EXPECT_TRUE(ReadTold(Folder()).empty());
  EXPECT_EQ(Told("per=day", kMonth), ToldShare{});
}

TEST_F(ToldSharesTest, the_last_word_on_each_budget_is_kept) {
  ASSERT_TRUE(NoteTold(Folder(), {kMonth, {500, 800'000}, "team=search,per=month"}).ok());
  ASSERT_TRUE(NoteTold(Folder(), {kMonth, {7, 1'000'000}, "per=day"}).ok());
  ASSERT_TRUE(NoteTold(Folder(), {kMonth, {500, 1'000'000}, "team=search,per=month"}).ok());
  EXPECT_EQ(ReadTold(Folder()).size(), 2u);
  EXPECT_EQ(Told("team=search,per=month", kMonth), (ToldShare{500, 1'000'000}));
  EXPECT_EQ(Told("per=day", kMonth), (ToldShare{7, 1'000'000}));
  ASSERT_TRUE(NoteTold(Folder(), {kMonth, {7, 1'000'000, true}, "per=day"}).ok());
  EXPECT_EQ(Told("per=day", kMonth), (ToldShare{7, 1'000'000, true})) << "that it refuses";
  EXPECT_EQ(Told("per=day", kMonth + 1), ToldShare{}) << "another day";
  EXPECT_EQ(Told("per=month", kMonth), ToldShare{});
}

TEST_F(ToldSharesTest, damaged_lines_are_left_out) {
  folder_.Write("told_budgets", "\n1 2\nx y z per=day\n1793491200000 9 800000 per=month\n1 2 3");
  EXPECT_EQ(ReadTold(Folder()).size(), 1u);
  EXPECT_EQ(Told("per=month", kMonth), (ToldShare{9, 800'000}));
}

TEST_F(ToldSharesTest, a_folder_that_is_not_there_is_named) {
  const absl::Status status = NoteTold(Folder() + "/none", {kMonth, {1, 1}, "per=day"});
  EXPECT_EQ(std::string(status.message()),
            "cannot write " + Folder() + "/none/told_budgets: No such file or directory");
}

}  // namespace
}  // namespace headgate::policy
