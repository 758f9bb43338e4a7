#include "policy/ledger/ledger_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LedgerStoreTest : public testing::Test {
 protected:
  LedgerStore& Open() {
    store_.reset();
    store_ = std::make_unique<LedgerStore>(path_, told_.Alarm());
    EXPECT_TRUE(store_->Open().ok());
    return *store_;
  }
  void Tidy(std::int64_t now) { ASSERT_TRUE(store_->Tidy(now, keeping_).ok()); }
  std::int64_t Number(const std::string& file, const char* query) {
    Sqlite reader;
    reader.OpenForReading(path_ + "/" + file);
    const std::int64_t number = reader.Number(query);
    EXPECT_FALSE(reader.failed()) << reader.ErrorText();
    return number;
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.Path("ledger");
  const LedgerKeeping keeping_{.requests = 2, .hourly = 10};
  ToldOperator told_;
  std::unique_ptr<LedgerStore> store_;
};

TEST_F(LedgerStoreTest, KeepsADayInAFile) {
  Open();
  const std::int64_t yesterday = kNoon - kMsPerDay;
  const LedgerBatch batch{.ended = {RowOf(1, 5), RowOf(2, 7, RowState::kSettled, yesterday)},
                          .running = {RowOf(3, 1, RowState::kReserved, yesterday)}};
  ASSERT_TRUE(store_->Write(batch).ok());
  EXPECT_THAT(LedgerDays(path_), ElementsAre(DayOf(yesterday), DayOf(kNoon)));
  EXPECT_EQ(Number("2026-11-28.db", "SELECT sum(cost) FROM requests"), 7);
  EXPECT_EQ(Number("2026-11-29.db", "SELECT sum(cost) FROM requests"), 5);
  EXPECT_EQ(Open().found_running(), 1u);
  EXPECT_EQ(Number("2026-11-28.db", "SELECT sum(cost) FROM sums"), 8);
}

TEST_F(LedgerStoreTest, MovesOldDaysToTheArchiveAndForgetsThemLater) {
  Open();
  for (std::int64_t age = 0; age < 5; ++age) {
    const LedgerBatch batch{
        .ended = {RowOf(1, 100 + age, RowState::kSettled, kNoon - age * kMsPerDay)}, .running = {}};
    ASSERT_TRUE(store_->Write(batch).ok());
  }
  Tidy(kNoon);
  EXPECT_EQ(LedgerDays(path_).size(), 3u);
  EXPECT_EQ(Number("archive.db", "SELECT sum(cost) FROM sums"), 103 + 104);
  EXPECT_EQ(Number("archive.db", "SELECT count(*) FROM labels"), 1);
  EXPECT_FALSE(store_->HasOld(DayOf(kNoon), keeping_));
  EXPECT_TRUE(store_->HasOld(DayOf(kNoon) + 1, keeping_));
  EXPECT_THAT(told_.lines, ElementsAre(HasSubstr("2026-11-25.db"), HasSubstr("2026-11-26.db")));
  told_.lines.clear();
  Tidy(kNoon + 7 * kMsPerDay);
  EXPECT_THAT(LedgerDays(path_), IsEmpty());
  EXPECT_EQ(Number("archive.db", "SELECT sum(cost) FROM sums"), 100 + 101 + 102 + 103);
  EXPECT_THAT(told_.lines,
              ElementsAre(HasSubstr("2026-11-27.db"), HasSubstr("2026-11-28.db"),
                          HasSubstr("2026-11-29.db"),
                          HasSubstr("removed: 1 sum by hour before 2026-11-26T00 in ")));
}

TEST_F(LedgerStoreTest, RemembersTheLastDayOfTheClock) {
  EXPECT_FALSE(Open().last_day());
  const std::int64_t today = DayOf(kNoon);
  ASSERT_TRUE(store_->Write({.ended = {RowOf(1, 5)}, .running = {}}).ok());
  EXPECT_EQ(Open().last_day(), today) << "of a ledger that was never tidied";
  // A clock that is wrong writes a file of its own, which says nothing.
  const std::int64_t far = kNoon + 900 * kMsPerDay;
  ASSERT_TRUE(store_->Write({.ended = {RowOf(1, 5, RowState::kSettled, far)}, .running = {}}).ok());
  EXPECT_EQ(Open().last_day(), today);
  Tidy(kNoon + kMsPerDay);
  EXPECT_EQ(Open().last_day(), today + 1);
  std::filesystem::remove(path_ + "/last_day");
  Tidy(far + 10 * kMsPerDay);
  EXPECT_THAT(LedgerDays(path_), IsEmpty());
  std::filesystem::remove(path_ + "/last_day");
  EXPECT_EQ(Open().last_day(), DayOf(far)) << "by the archive";
}

TEST_F(LedgerStoreTest, StartsWithANewArchiveInsteadOfADamagedOne) {
  for (const std::string table : {"sums", "archived", "labels"}) {
    Open();
    const LedgerBatch batch{.ended = {RowOf(1, 100, RowState::kSettled, kNoon - 4 * kMsPerDay)},
                            .running = {}};
    ASSERT_TRUE(store_->Write(batch).ok());
    Tidy(kNoon);
    store_.reset();
    OverwriteTable(path_ + "/archive.db", table);
    told_.lines.clear();
    Open();
    EXPECT_THAT(told_.lines, ElementsAre(HasSubstr("archive.db.damaged")));
    EXPECT_EQ(Number("archive.db", "SELECT count(*) FROM archived"), table == "archived" ? 0 : 1);
    EXPECT_EQ(Number("archive.db", "SELECT sum(cost) FROM sums"), table == "archived" ? 100 : 0);
    store_.reset();
    std::filesystem::remove_all(path_);
  }
}

TEST_F(LedgerStoreTest, ArchivesADayOnceIfItDiesBeforeTheFileIsRemoved) {
  Open();
  ASSERT_TRUE(store_->Write({.ended = {RowOf(1, 100)}, .running = {}}).ok());
  Tidy(kNoon);
  store_.reset();
  const std::string day = path_ + "/2026-11-29.db";
  std::filesystem::copy_file(day, path_ + "/kept");
  LedgerArchive archive(path_, told_.Alarm());
  ASSERT_TRUE(archive.Take(day).ok());
  EXPECT_FALSE(std::filesystem::exists(day));
  std::filesystem::copy_file(path_ + "/kept", day);
  ASSERT_TRUE(archive.Take(day).ok());
  EXPECT_EQ(Number("archive.db", "SELECT sum(cost) FROM sums"), 100);
}

TEST_F(LedgerStoreTest, KeepsADayWhoseRequestsRun) {
  Open();
  const std::int64_t old = kNoon - 5 * kMsPerDay;
  ASSERT_TRUE(
      store_->Write({.ended = {}, .running = {RowOf(1, 1, RowState::kReserved, old)}}).ok());
  Tidy(kNoon);
  EXPECT_THAT(LedgerDays(path_), ElementsAre(DayOf(old)));
  ASSERT_TRUE(store_->Write({.ended = {RowOf(1, 9, RowState::kSettled, old)}, .running = {}}).ok());
  Tidy(kNoon);
  EXPECT_THAT(LedgerDays(path_), IsEmpty());
  EXPECT_EQ(Number("archive.db", "SELECT sum(cost) FROM sums"), 9);
}

TEST_F(LedgerStoreTest, SaysWhyItCannotBeOpened) {
  folder_.Write("ledger", "a file");
  LedgerStore store(path_, told_.Alarm());
  EXPECT_THAT(store.Open().message(), HasSubstr("ledger"));
}

}  // namespace
}  // namespace headgate::policy
