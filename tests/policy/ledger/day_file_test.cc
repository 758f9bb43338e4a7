#include "policy/ledger/day_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "config/base/text.h"
#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DayFileTest : public testing::Test {
 protected:
  DayFile& Open() {
    file_.reset();
    file_ = std::make_unique<DayFile>(path_, told_.Alarm());
    EXPECT_TRUE(file_->Open().ok());
    return *file_;
  }
  static std::vector<const LedgerRow*> Pointers(const std::vector<LedgerRow>& rows) {
    std::vector<const LedgerRow*> pointers;
    pointers.reserve(rows.size());
    for (const LedgerRow& row : rows) pointers.push_back(&row);
    return pointers;
  }
  absl::Status Write(const std::vector<LedgerRow>& ended,
                     const std::vector<LedgerRow>& running = {}) {
    return file_->Write(Pointers(ended), Pointers(running));
  }
  std::int64_t Number(const char* query) {
    Sqlite reader;
    reader.OpenForReading(path_);
    const std::int64_t number = reader.Number(query);
    EXPECT_FALSE(reader.failed()) << reader.ErrorText();
    return number;
  }
  std::int64_t Rows() { return Number("SELECT count(*) FROM requests"); }
  std::int64_t Cost() { return Number("SELECT sum(cost) FROM requests"); }
  std::int64_t CostOfSums() { return Number("SELECT sum(cost) FROM sums"); }

  TemporaryFolder folder_;
  const std::string path_ = folder_.Path("2026-11-29.db");
  ToldOperator told_;
  std::unique_ptr<DayFile> file_;
};

TEST_F(DayFileTest, KeepsRequestsAndTheirSums) {
  Open();
  ASSERT_TRUE(Write({RowOf(1, 500), RowOf(2, 700, RowState::kEstimated)}).ok());
  EXPECT_EQ(Rows(), 2);
  EXPECT_EQ(Cost(), 1200);
  EXPECT_EQ(Number("SELECT count(*) FROM labels"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM targets"), 1);
  EXPECT_EQ(Number("SELECT count(*) FROM sums"), 0) << "a report reads the rows";
  ASSERT_TRUE(file_->Cover().ok());
  EXPECT_EQ(CostOfSums(), 1200);
  EXPECT_EQ(Number("SELECT sum(requests) FROM sums"), 2);
  EXPECT_EQ(Number("SELECT value FROM facts WHERE name = 'covered'"), 2);
  ASSERT_TRUE(file_->Cover().ok());
  EXPECT_EQ(CostOfSums(), 1200) << "nothing is added twice";
  Open();
  ASSERT_TRUE(Write({RowOf(1, 30)}).ok());
  ASSERT_TRUE(file_->Cover().ok());
  EXPECT_EQ(Rows(), 3);
  EXPECT_EQ(CostOfSums(), 1230);
  EXPECT_THAT(told_.lines, IsEmpty());
}

TEST_F(DayFileTest, IsReadableByItsOwnerOnly) {
  Open();
  ASSERT_TRUE(Write({RowOf(1, 500)}).ok());
  for (const char* const part : {"", "-wal", "-shm"}) {
    struct stat file {};
    ASSERT_EQ(stat((path_ + part).c_str(), &file), 0) << part;
    EXPECT_EQ(file.st_mode & 0777, 0600u) << part;
  }
}

TEST_F(DayFileTest, EstimatesWhatADeadProcessLeftRunning) {
  Open();
  ASSERT_TRUE(
      Write({}, {RowOf(1, 11, RowState::kReserved), RowOf(2, 22, RowState::kReserved)}).ok());
  ASSERT_TRUE(Write({RowOf(1, 500)}, {RowOf(3, 33, RowState::kReserved)}).ok());
  // More is known of the second request: another attempt.
  LedgerRow again = RowOf(2, 22, RowState::kReserved);
  again.attempts.push_back(AttemptAt(kOwn, 5));
  ASSERT_TRUE(Write({}, {again}).ok());
  EXPECT_EQ(Rows(), 1);
  DayFile& next = Open();
  EXPECT_EQ(next.found_running(), 2u);
  EXPECT_EQ(Rows(), 3);
  EXPECT_EQ(Cost(), 500 + 22 + 5 + 33);
  EXPECT_EQ(Number("SELECT count(*) FROM requests WHERE state = 2"), 2);
  EXPECT_EQ(Number("SELECT count(*) FROM running"), 0);
  ASSERT_TRUE(file_->Cover().ok());
  EXPECT_EQ(Number("SELECT sum(estimated) FROM sums"), 22 + 5 + 33);
  EXPECT_EQ(Open().found_running(), 0u);
  EXPECT_EQ(Rows(), 3);
}

TEST_F(DayFileTest, ForgetsChunksOfWhichNothingRuns) {
  Open();
  for (LedgerId id = 1; id <= 50; ++id) {
    ASSERT_TRUE(Write({}, {RowOf(id, 1, RowState::kReserved)}).ok());
  }
  EXPECT_EQ(Number("SELECT count(*) FROM running"), 50);
  for (LedgerId id = 2; id <= 50; ++id) ASSERT_TRUE(Write({RowOf(id, 1)}).ok());
  EXPECT_EQ(Number("SELECT count(*) FROM running"), 1);
  ASSERT_TRUE(Write({RowOf(1, 1)}).ok());
  EXPECT_EQ(Number("SELECT count(*) FROM running"), 0);
  EXPECT_FALSE(file_->HasRunning());
}

TEST_F(DayFileTest, SumsUpAfterSoManyRowsByItself) {
  Open();
  std::vector<LedgerRow> rows;
  for (LedgerId id = 1; id <= DayFile::kMostUncovered; ++id) rows.push_back(RowOf(id, 2));
  ASSERT_TRUE(Write(rows).ok());
  ASSERT_TRUE(Write({RowOf(1, 7)}).ok());
  EXPECT_EQ(CostOfSums(), 2 * DayFile::kMostUncovered);
  EXPECT_EQ(Cost(), 2 * DayFile::kMostUncovered + 7);
}

TEST_F(DayFileTest, AddsWhatADeadProcessHadNotSummedUp) {
  Open();
  ASSERT_TRUE(Write({RowOf(1, 500)}).ok());
  ASSERT_TRUE(file_->Cover().ok());
  ASSERT_TRUE(Write({RowOf(2, 700)}).ok());
  Open();  // no Cover before: as after a crash
  ASSERT_TRUE(file_->Cover().ok());
  EXPECT_EQ(CostOfSums(), 1200);
}

TEST_F(DayFileTest, WritesOnceAfterTheFileWasHeldByAnotherConnection) {
  Open();
  ASSERT_TRUE(Write({RowOf(1, 500)}, {RowOf(2, 1, RowState::kReserved)}).ok());
  Sqlite holder;
  holder.Open(path_);
  holder.Run("BEGIN IMMEDIATE");
  EXPECT_THAT(Write({RowOf(2, 700)}).message(), HasSubstr("database is locked"));
  EXPECT_FALSE(Write({RowOf(2, 700), RowOf(3, 900)}).ok());
  holder.Run("ROLLBACK");
  ASSERT_TRUE(Write({RowOf(2, 700), RowOf(3, 900)}).ok());
  EXPECT_EQ(Cost(), 2100);
  EXPECT_EQ(Number("SELECT count(*) FROM running"), 0);
  EXPECT_THAT(told_.lines, IsEmpty()) << "no damage; the writer tells the rest";
}

// Stands for a full disk: writes beyond so many bytes of any file fail.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(DayFileTest, FailsOnAFullDiskAndGoesOnWhenThereIsRoom) {
  Open();
  ASSERT_TRUE(Write({RowOf(1, 500)}).ok());
  std::vector<LedgerRow> many;
  for (LedgerId id = 2; id <= 4000; ++id) many.push_back(RowOf(id, 1));
  {
    const FileSizeLimit no_more(64u << 10);
    EXPECT_FALSE(Write(many).ok());
    EXPECT_FALSE(Write(many).ok());
  }
  EXPECT_EQ(Rows(), 1);
  ASSERT_TRUE(Write(many).ok());
  EXPECT_EQ(Rows(), 4000);
  EXPECT_EQ(Cost(), 500 + 3999);
  EXPECT_THAT(told_.lines, IsEmpty());
}

TEST_F(DayFileTest, FailsWhileTheFileIsReadOnly) {
  Open();
  ASSERT_TRUE(Write({RowOf(1, 500)}).ok());
  file_.reset();
  namespace fs = std::filesystem;
  fs::permissions(folder_.path(), fs::perms(0555));
  fs::permissions(path_, fs::perms(0444));
  const bool root = ::geteuid() == 0;  // who may write everywhere
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(root ? ::seteuid(kNobody) : 0, 0);
  file_ = std::make_unique<DayFile>(path_, told_.Alarm());
  EXPECT_FALSE(Write({RowOf(2, 700)}).ok());
  ASSERT_EQ(root ? ::seteuid(0) : 0, 0);
  fs::permissions(folder_.path(), fs::perms(0700));
  fs::permissions(path_, fs::perms(0600));
  ASSERT_TRUE(Write({RowOf(2, 700)}).ok());
  EXPECT_EQ(Cost(), 1200);
  EXPECT_THAT(told_.lines, IsEmpty());
}

// Overwrites everything behind the first page.
void Overwrite(const std::string& path) {
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(path));
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(static_cast<std::size_t>(size - 4096), '\x7b');
}

TEST_F(DayFileTest, BeginsANewFileInsteadOfADamagedOneAndKeepsWhatItKnows) {
  Open();
  ASSERT_TRUE(Write({RowOf(1, 500)}, {RowOf(2, 1, RowState::kReserved)}).ok());
  {
    Sqlite other;  // moves everything from the log to the file, which is damaged there
    other.Open(path_);
    other.Run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  {
    Sqlite holder;  // after an error the file is read anew
    holder.Open(path_);
    holder.Run("BEGIN IMMEDIATE");
    EXPECT_FALSE(Write({RowOf(2, 700)}).ok());
  }
  Overwrite(path_);
  ASSERT_TRUE(Write({RowOf(2, 700), RowOf(3, 900)}).ok());
  EXPECT_THAT(told_.lines, ElementsAre(HasSubstr("2026-11-29.db.damaged")));
  EXPECT_TRUE(std::filesystem::exists(path_ + ".damaged"));
  EXPECT_EQ(Cost(), 1600);
  EXPECT_EQ(CostOfSums(), 500) << "the row is gone, its cost is not";
  ASSERT_TRUE(file_->Cover().ok());
  EXPECT_EQ(CostOfSums(), 2100);
  EXPECT_EQ(Number("SELECT count(*) FROM labels"), 1);
}

TEST_F(DayFileTest, StartsWithANewFileInsteadOfADamagedOne) {
  Open();
  ASSERT_TRUE(Write({RowOf(1, 500)}).ok());
  file_.reset();
  std::ofstream(path_) << "this is not a database, whatever its name says; it is long enough";
  Open();
  EXPECT_THAT(told_.lines, ElementsAre(HasSubstr("file is not a database")));
  ASSERT_TRUE(Write({RowOf(1, 700)}).ok());
  EXPECT_EQ(Cost(), 700);
}

// Reports read the sums. If nobody read them at the start, the daemon could not begin.
TEST_F(DayFileTest, FindsDamageAmongTheSumsWhenItStarts) {
  Open();
  ASSERT_TRUE(Write({RowOf(1, 500)}).ok());
  ASSERT_TRUE(file_->Cover().ok());
  ASSERT_TRUE(Write({RowOf(2, 700)}).ok());
  file_.reset();
  OverwriteTable(path_, "sums");
  Open();
  EXPECT_THAT(told_.lines, ElementsAre(HasSubstr("2026-11-29.db.damaged")));
  ASSERT_TRUE(file_->Cover().ok());
  EXPECT_EQ(CostOfSums(), 700) << "of the row that was not in the sums";
}

TEST_F(DayFileTest, RowsOfANewFileFollowTheSumsThatItHasTaken) {
  Open();
  ASSERT_TRUE(Write({RowOf(1, 100), RowOf(2, 200), RowOf(3, 300)}).ok());
  ASSERT_TRUE(file_->Cover().ok());
  file_.reset();
  OverwriteTable(path_, "running");
  Open();
  ASSERT_TRUE(file_->Cover().ok());
  EXPECT_EQ(CostOfSums(), 600);
  Open();  // the next process
  ASSERT_TRUE(Write({RowOf(1, 1000)}).ok());
  EXPECT_EQ(Number("SELECT sum(cost) FROM requests WHERE sequence >"
                   " (SELECT value FROM facts WHERE name = 'covered')"),
            1000)
      << "reports add it to the sums";
  Open();  // it died
  ASSERT_TRUE(file_->Cover().ok());
  EXPECT_EQ(CostOfSums(), 1600);
}

TEST_F(DayFileTest, RefusesAFileOfAnotherVersion) {
  Open();
  file_.reset();
  Sqlite other;
  other.Open(path_);
  other.Run("PRAGMA user_version=7");
  other.Close();
  DayFile file(path_, told_.Alarm());
  EXPECT_THAT(file.Open().message(), HasSubstr("version 7 instead of 1"));
}

TEST_F(DayFileTest, SaysSoWhenItsFileIsRemoved) {
  Open();
  ASSERT_TRUE(Write({RowOf(1, 500)}, {RowOf(2, 1, RowState::kReserved)}).ok());
  std::filesystem::remove(path_);
  ASSERT_TRUE(Write({RowOf(3, 700)}).ok());
  EXPECT_THAT(told_.lines, ElementsAre(HasSubstr("was removed or replaced")));
  EXPECT_EQ(Cost(), 700);
  EXPECT_EQ(Number("SELECT count(*) FROM running"), 1) << "what runs is written anew";
  EXPECT_EQ(Open().found_running(), 1u);
}

}  // namespace
}  // namespace headgate::policy
