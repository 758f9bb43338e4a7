#include "policy/ledger/ledger_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "policy/ledger/values/calendar.h"
#include "tests/policy/ledger/ledger_fixture.h"

namespace headgate::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// What the writer's thread tells the operator; a test waits for it.
class Told {
 public:
  LedgerAlarm Alarm() {
    return [this](bool failing, std::string_view what, std::string_view) {
      // The writer also tidies up at its end. A lock that is taken then makes this fail.
      if (what.find("its archive") != std::string_view::npos) return;
      const std::lock_guard lock(mutex_);
      lines_.push_back(std::string(failing ? "- " : "+ ") + std::string(what));
      changed_.notify_all();
    };
  }
  std::vector<std::string> Await(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return lines_.size() >= count; });
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

class LedgerWriterTest : public testing::Test {
 protected:
  LedgerWriterTest() {
    auto store = std::make_unique<LedgerStore>(folder_.path().string(), told_.Alarm());
    EXPECT_TRUE(store->Open().ok());
    writer_ = std::make_unique<LedgerWriter>(
        std::move(store), LedgerKeeping{}, [] { return kNoon; }, told_.Alarm(), SpendSums{});
  }
  LedgerId Begin(NanoUsd expected) {
    const LedgerId id = writer_->NewId();
    writer_->Put(RowOf(id, expected, RowState::kReserved));
    return id;
  }
  void End(LedgerId id, NanoUsd cost) { writer_->Put(RowOf(id, cost)); }
  // Takes the lock of the file once a request is in it. On a slow disk a commit of the writer may
  // last longer than SQLite waits; without the lock nothing would fail, and the test never end.
  void Hold(Sqlite& holder) {
    while (holder.Number("SELECT count(*) FROM requests") == 0) holder.Open(path_);
    holder.Run("BEGIN IMMEDIATE");
    while (holder.failed()) {
      holder.Open(path_);
      holder.Run("BEGIN IMMEDIATE");
    }
  }
  std::int64_t Number(const char* query) {
    Sqlite reader;
    reader.OpenForReading(path_);
    const std::int64_t number = reader.Number(query);
    EXPECT_FALSE(reader.failed()) << reader.ErrorText();
    return number;
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.Path("2026-11-29.db");
  Told told_;
  std::unique_ptr<LedgerWriter> writer_;
};

TEST_F(LedgerWriterTest, WritesEachRequestOnce) {
  const LedgerId first = Begin(1);
  const LedgerId second = Begin(2);
  End(first, 100);
  End(first, 100);
  End(second, 200);
  writer_->Stop();
  EXPECT_EQ(Number("SELECT count(*) FROM requests"), 2);
  EXPECT_EQ(Number("SELECT sum(cost) FROM sums"), 300) << "the sums are up to date at the end";
  const LedgerWriter::Figures figures = writer_->figures();
  EXPECT_EQ(figures.rows[static_cast<std::size_t>(RowState::kSettled)], 2);
  EXPECT_EQ(figures.repeated, 1);
  EXPECT_EQ(figures.waiting, 0);
  auto spent = writer_->Spent();
  EXPECT_EQ((spent[{"search", config::Hosting::kPaidApi}].day), 300);
}

TEST_F(LedgerWriterTest, TakesRowsFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kRequests = 3000;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this] {
      for (int k = 0; k < kRequests; ++k) End(Begin(1), 10);
    });
  }
  for (std::thread& thread : threads) thread.join();
  writer_->Stop();
  EXPECT_EQ(Number("SELECT count(*) FROM requests"), kThreads * kRequests);
  EXPECT_EQ(Number("SELECT sum(cost) FROM requests"), 10 * kThreads * kRequests);
  EXPECT_EQ(Number("SELECT sum(cost) FROM sums"), 10 * kThreads * kRequests);
  EXPECT_EQ(Number("SELECT count(*) FROM running"), 0);
}

TEST_F(LedgerWriterTest, FailsClosedAndRecoversByItself) {
  EXPECT_TRUE(writer_->accepting());
  const LedgerId running = Begin(1);
  End(Begin(1), 100);
  Sqlite holder;
  Hold(holder);
  End(running, 200);
  EXPECT_THAT(told_.Await(1), ElementsAre(HasSubstr("cannot be written")));
  EXPECT_FALSE(writer_->accepting());
  EXPECT_EQ(writer_->figures().waiting, 1);
  holder.Run("ROLLBACK");
  EXPECT_THAT(told_.Await(2).back(), HasSubstr("can be written again"));
  EXPECT_TRUE(writer_->accepting());
  writer_->Stop();
  EXPECT_EQ(Number("SELECT sum(cost) FROM requests"), 300);
  EXPECT_GE(writer_->figures().failures, 1);
}

TEST_F(LedgerWriterTest, AcceptsNothingWhileTooMuchWaits) {
  End(Begin(1), 1);
  Sqlite holder;
  Hold(holder);
  for (std::size_t i = 0; i < LedgerWriter::kMostWaiting; ++i) End(Begin(1), 1);
  EXPECT_FALSE(writer_->accepting());
  holder.Run("ROLLBACK");
  writer_->Stop();
  EXPECT_TRUE(writer_->accepting());
  EXPECT_EQ(Number("SELECT count(*) FROM requests"),
            static_cast<std::int64_t>(LedgerWriter::kMostWaiting) + 1);
}

TEST_F(LedgerWriterTest, SaysAtTheEndWhatIsLost) {
  End(Begin(1), 1);
  Sqlite holder;
  Hold(holder);
  End(Begin(1), 1);
  writer_->Stop();
  EXPECT_THAT(told_.Await(2).back(), HasSubstr("rows of the ledger are lost"));
}

TEST_F(LedgerWriterTest, AReadingFindsTheRowsBeforeItAndNoOthers) {
  std::vector<std::pair<std::int64_t, std::int64_t>> found;  // rows, and their cost
  const auto read = [&](std::int64_t rows) {
    found.emplace_back(rows, Number("SELECT sum(cost) FROM requests"));
  };
  const LedgerId first = Begin(1);
  End(first, 100);
  const LedgerId second = Begin(2);
  EXPECT_EQ(writer_->ReadBehindRows(read), 3);
  End(second, 20);
  EXPECT_EQ(writer_->Put(RowOf(writer_->NewId(), 3, RowState::kReserved)), 4);
  EXPECT_EQ(writer_->ReadBehindRows(read), 5);
  EXPECT_EQ(writer_->ReadBehindRows(read), 5);
  End(Begin(1), 4000);
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  writer_->ReadBehindRows([&](std::int64_t rows) {
    read(rows);
    const std::lock_guard lock(mutex);
    done = true;
    changed.notify_all();
  });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
  }
  writer_->Stop();
  EXPECT_THAT(found, ElementsAre(std::pair(3, 100), std::pair(5, 120), std::pair(5, 120),
                                 std::pair(7, 4120)));
  writer_->ReadBehindRows([](std::int64_t) { ADD_FAILURE() << "it was stopped"; });
}

TEST_F(LedgerWriterTest, AReadingWaitsWhileTheFilesCannotBeWritten) {
  End(Begin(1), 100);
  Sqlite holder;
  Hold(holder);
  End(Begin(1), 20);
  std::atomic<std::int64_t> cost{0};
  writer_->ReadBehindRows([&](std::int64_t) { cost = Number("SELECT sum(cost) FROM requests"); });
  End(Begin(1), 3);
  while (writer_->accepting()) std::this_thread::yield();
  EXPECT_EQ(cost, 0);
  holder.Run("ROLLBACK");
  while (cost == 0) std::this_thread::yield();
  EXPECT_EQ(cost, 120);
}

TEST(LedgerWriterClockTest, RemovesNothingByAClockThatIsFarAhead) {
  TemporaryFolder folder;
  const std::string path = folder.path().string();
  for (const std::int64_t days : {0, 900, 900}) {
    ToldOperator told;
    auto store = std::make_unique<LedgerStore>(path, told.Alarm());
    ASSERT_TRUE(store->Open().ok());
    const std::int64_t now = kNoon + days * kMsPerDay;
    LedgerWriter writer(
        std::move(store), LedgerKeeping{}, [now] { return now; }, told.Alarm(), SpendSums{});
    const LedgerId id = writer.NewId();
    writer.Put(RowOf(id, 1, RowState::kReserved, now));
    writer.Put(RowOf(id, 100, RowState::kSettled, now));
    writer.Stop();
    EXPECT_EQ(LedgerDays(path).front(), DayOf(kNoon));
    if (days == 0) {
      EXPECT_THAT(told.lines, testing::IsEmpty());
    } else {
      EXPECT_THAT(told.lines, ElementsAre(HasSubstr("which removes nothing for an hour")));
    }
  }
}

}  // namespace
}  // namespace headgate::policy
