// Damage to SQLite's log, of which SQLite says nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "policy/store/wal_check.h"
#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::streamoff kLogHeader = 32;
constexpr std::streamoff kLogFrame = 24 + 4096;

class DamagedLogTest : public testing::Test {
 protected:
  // Writes requests of 100 each in commits of their own, and copies file and log as they are then:
  // as a process leaves them that is killed.
  void WriteAndDie(int requests) {
    DayFile file(folder_.Path("live.db"), told_.Alarm());
    ASSERT_TRUE(file.Open().ok());
    for (LedgerId id = 1; id <= requests; ++id) {
      const LedgerRow row = RowOf(id, 100);
      ASSERT_TRUE(file.Write(std::vector{&row}, {}).ok());
    }
    for (const std::string part : {"", "-wal"}) {
      std::filesystem::copy_file(folder_.Path("live.db" + part), path_ + part,
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
  void Overwrite(std::streamoff at, std::size_t bytes) {
    std::fstream log(path_ + "-wal", std::ios::in | std::ios::out | std::ios::binary);
    log.seekp(at);
    log << std::string(bytes, '\xff');
  }
  std::int64_t Frames() const {
    return (static_cast<std::int64_t>(std::filesystem::file_size(path_ + "-wal")) - kLogHeader) /
           kLogFrame;
  }
  std::int64_t Lost() const { return LostWalFrames(path_ + "-wal"); }
  std::int64_t RowsAfterOpen() {
    DayFile file(path_, told_.Alarm());
    EXPECT_TRUE(file.Open().ok());
    Sqlite reader;
    reader.OpenForReading(path_);
    return reader.Number("SELECT count(*) FROM requests");
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.Path("2026-11-29.db");
  ToldOperator told_;
};

TEST_F(DamagedLogTest, AWholeLogHasLostNothing) {
  EXPECT_EQ(LostWalFrames(folder_.Path("none")), 0);
  WriteAndDie(20);
  EXPECT_GT(Frames(), 20);
  EXPECT_EQ(Lost(), 0);
  std::filesystem::resize_file(path_ + "-wal", kLogHeader + kLogFrame + 100);
  EXPECT_EQ(Lost(), 0) << "a transaction that did not end";
  std::filesystem::resize_file(path_ + "-wal", 7);
  EXPECT_EQ(Lost(), 0);
  EXPECT_THAT(told_.lines, IsEmpty());
}

TEST_F(DamagedLogTest, CountsFramesBehindTheDamage) {
  WriteAndDie(20);
  const std::int64_t frames = Frames();
  Overwrite(kLogHeader + (frames - 1) * kLogFrame + 100, 8);
  EXPECT_EQ(Lost(), 1);
  Overwrite(kLogHeader + 3 * kLogFrame + 2000, 64);
  EXPECT_EQ(Lost(), frames - 3);
  Overwrite(kLogHeader + 2 * kLogFrame, 24);  // a header of a frame, with its salts
  EXPECT_EQ(Lost(), frames - 2);
  Overwrite(0, 32);
  EXPECT_EQ(Lost(), frames);
}

TEST_F(DamagedLogTest, FramesOfTheLogBeforeAreNotLost) {
  const std::string live = folder_.Path("live.db");
  DayFile file(live, told_.Alarm());
  ASSERT_TRUE(file.Open().ok());
  for (LedgerId id = 1; id <= 20; ++id) {
    const LedgerRow row = RowOf(id, 100);
    ASSERT_TRUE(file.Write(std::vector{&row}, {}).ok());
  }
  Sqlite other;
  other.Open(live);
  // Everything is in the file, and the log begins anew in front of its old frames.
  other.Number("PRAGMA wal_checkpoint(RESTART)");
  const LedgerRow row = RowOf(21, 100);
  ASSERT_TRUE(file.Write(std::vector{&row}, {}).ok());
  EXPECT_EQ(LostWalFrames(live + "-wal"), 0);
}

TEST_F(DamagedLogTest, TheOperatorIsToldAndTheRestIsTakenUp) {
  WriteAndDie(20);
  const std::int64_t frames = Frames();
  Overwrite(kLogHeader + (frames / 2) * kLogFrame + 2000, 64);
  const std::int64_t rows = RowsAfterOpen();
  EXPECT_GT(rows, 0);
  EXPECT_LT(rows, 20);
  ASSERT_EQ(told_.lines.size(), 1u);
  EXPECT_THAT(told_.lines[0], HasSubstr("rows of the ledger may be lost"));
  EXPECT_THAT(told_.lines[0], HasSubstr("headgate ledger import"));
  EXPECT_EQ(
      (static_cast<std::int64_t>(std::filesystem::file_size(path_ + "-wal.damaged")) - kLogHeader) /
          kLogFrame,
      frames);
  EXPECT_EQ(RowsAfterOpen(), rows);
  EXPECT_EQ(told_.lines.size(), 1u) << "it is told once";
}

TEST_F(DamagedLogTest, LittleLivesInTheLogAlone) {
  DayFile file(path_, told_.Alarm());
  ASSERT_TRUE(file.Open().ok());
  const LedgerRow row = RowOf(1, 100);
  ASSERT_TRUE(file.Write(std::vector{&row}, {}).ok());
  EXPECT_GT(std::filesystem::file_size(path_ + "-wal"), 0u);
  file.EmptyLog();
  EXPECT_EQ(std::filesystem::file_size(path_ + "-wal"), 0u);
  const LedgerRow next = RowOf(2, 100);
  EXPECT_TRUE(file.Write(std::vector{&next}, {}).ok());
}

}  // namespace
}  // namespace headgate::policy
