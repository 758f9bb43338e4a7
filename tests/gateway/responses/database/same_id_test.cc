#include "gateway/responses/database/same_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "gateway/responses/database/response_database.h"
#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kMoment = 1'700'000'000'000;

StoredResponse SomeResponse(std::string id, std::string previous = {}) {
  return {.owner = "anna",
          .id = std::move(id),
          .created = kMoment,
          .object = R"({"output":[]})",
          .input = {},
          .previous = std::move(previous),
          .conversation = {}};
}

class OddResponsesTest : public testing::Test {
 protected:
  ResponseDatabase Open() {
    return ResponseDatabase(
        folder_.path().string(), {.keep = 86'400'000, .max_bytes = 8u << 20},
        [this](bool, std::string_view what, std::string_view) { told_.emplace_back(what); });
  }

  TemporaryFolder folder_;
  std::vector<std::string> told_;
};

// Some backends give all responses the same id.
TEST_F(OddResponsesTest, AResponseMayContinueItsOwnId) {
  ResponseDatabase database = Open();
  const auto put = [&database](std::string_view said, std::string id, std::string previous) {
    StoredResponse response = SomeResponse(std::move(id), std::move(previous));
    response.object = config::Concat(R"({"output":[{"type":"message","says":")", said, R"("}]})");
    response.input.clear();
    EXPECT_TRUE(database.Put(response, kMoment).ok());
  };
  put("one", "same", "");
  put("two", "same", "same");
  put("branch", "other", "same");
  put("three", "same", "same");
  const auto said = [](std::string_view text) {
    return config::Concat(R"({"type":"message","says":")", text, R"("})");
  };
  EXPECT_THAT(database.History("anna", "same", kMoment).value(),
              ElementsAre(said("one"), said("two"), said("three")));
  EXPECT_THAT(database.History("anna", "other", kMoment).value(),
              ElementsAre(said("one"), said("two"), said("branch")));
  EXPECT_THAT(database.Get("anna", "same", kMoment).value(), HasSubstr("three"));
  EXPECT_TRUE(database.Delete("anna", "same", kMoment).ok());
  EXPECT_FALSE(database.History("anna", "same", kMoment).ok());
  EXPECT_FALSE(database.History("anna", "other", kMoment).ok()) << "what is deleted is nowhere";
}

TEST_F(OddResponsesTest, BeginsANewFileIfItIsRemoved) {
  ResponseDatabase database = Open();
  ASSERT_TRUE(database.Put(SomeResponse("resp_1"), kMoment).ok());
  std::filesystem::remove(folder_.Path("responses.db"));
  EXPECT_TRUE(database.Put(SomeResponse("resp_2"), kMoment).ok());
  EXPECT_TRUE(std::filesystem::exists(folder_.Path("responses.db")));
  EXPECT_THAT(told_, ElementsAre(HasSubstr("was removed or replaced while it was in use")));
  EXPECT_TRUE(database.Get("anna", "resp_2", kMoment).ok());
  EXPECT_EQ(database.Get("anna", "resp_1", kMoment).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(told_.size(), 1u) << "told once";
  ResponseDatabase later = Open();
  EXPECT_TRUE(later.Get("anna", "resp_2", kMoment).ok()) << "it is in the file that is there";
}

TEST_F(OddResponsesTest, PagesEndAlthoughTwoItemsHaveOneId) {
  ResponseDatabase database = Open();
  StoredResponse response = SomeResponse("resp_1");
  response.input = {{"a", "{}"}, {"same", "{}"}, {"b", "{}"}, {"same", "{}"}, {"c", "{}"}};
  ASSERT_TRUE(database.Put(response, kMoment).ok());
  for (const bool ascending : {true, false}) {
    PageQuery query{.limit = 1, .ascending = ascending};
    int pages = 0;
    bool more = true;
    while (more && pages < 10) {
      const absl::StatusOr<ItemPage> page = database.InputItems("anna", "resp_1", query, kMoment);
      ASSERT_TRUE(page.ok());
      more = page->has_more;
      query.after = page->items.back().id;
      ++pages;
    }
    EXPECT_FALSE(more) << "the pages never end";
  }
}

}  // namespace
}  // namespace headgate::gateway
