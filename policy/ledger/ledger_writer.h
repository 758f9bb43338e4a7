#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "config/base/mutex.h"
#include "policy/ledger/clock_watch.h"
#include "policy/ledger/ledger_store.h"
#include "policy/ledger/spend_sums.h"

namespace headgate::policy {

// The one thread that writes the ledger. Nobody waits for it: rows wait here until the next commit,
// which comes 50 ms after the first of them, or as soon as there are 500. (A commit costs 230 µs of
// CPU, whatever is in it: at 5,000 requests a second commits every 5 ms cost 10 µs a request, and
// every 50 ms 1 µs.) A commit writes what has ended since the one before, and what runs and is not
// in the files yet.
//
// When a commit fails, or 50,000 ended requests wait, the ledger fails closed: accepting() is
// false, and requests that would cost something are to be refused. What runs may end; its rows wait
// in memory. The commit is tried again until it succeeds, and then accepting() is true again. The
// operator is told of both. Once a minute what is too old is removed, if the clock is believed
// (clock_watch.h). Thread-safe.
class LedgerWriter {
 public:
  static constexpr std::size_t kMostWaiting = 50'000;  // requests
  static constexpr std::size_t kFullBatch = 1000;      // beginnings and ends: 500 requests
  static constexpr std::chrono::milliseconds kBatchTime{50};

  // Seconds.
  static constexpr std::array kCommitBounds = {0.001, 0.0025, 0.005, 0.01, 0.025,
                                               0.05,  0.1,    0.25,  1.0};
  struct CommitTimes {
    std::array<std::int64_t, kCommitBounds.size() + 1> counts{};
    std::int64_t sum_ns = 0;
  };
  struct Figures {
    std::array<std::int64_t, kRowStateNames.size()> rows{};  // by RowState, written by this process
    std::int64_t repeated = 0;  // requests that were settled more than once; one row each
    std::int64_t failures = 0;  // commits
    std::int64_t waiting = 0;   // requests that have ended and are not in the files
    bool accepting = true;
    CommitTimes commits;
  };
  using Clock = std::function<std::int64_t()>;  // milliseconds since 1970; thread-safe

  // `store` is open. `spent`: what its files have of this month.
  LedgerWriter(std::unique_ptr<LedgerStore> store, const LedgerKeeping& keeping, Clock clock,
               LedgerAlarm alarm, SpendSums spent);
  // Calls Stop if it was not called.
  ~LedgerWriter();
  LedgerWriter(const LedgerWriter&) = delete;
  LedgerWriter& operator=(const LedgerWriter&) = delete;

  // Returns the id of a request that begins.
  LedgerId NewId() { return next_id_.fetch_add(1, std::memory_order_relaxed); }
  // Returns the present time for LedgerRow::started.
  std::int64_t Now() const { return clock_(); }

  // Takes a row whose state is kReserved for a request that runs, when it begins and when more is
  // known of it; and a row with another state when it ends, after which its id means nothing.
  // Returns the number of the row: how many rows were put before it.
  std::int64_t Put(LedgerRow row) EXCLUDES_LOCK(mutex_);

  // What reads the files when the first `rows` rows that were put are in them, and no other row is.
  using Reading = std::function<void(std::int64_t rows)>;
  // Runs `reading` in the ledger's thread behind the rows that were put until now, which do not
  // wait for their 50 ms then. While the files cannot be written it waits with the rows. Stop drops
  // it. Returns how many rows were put until now.
  std::int64_t ReadBehindRows(Reading reading) EXCLUDES_LOCK(mutex_);

  // Returns whether requests that cost something may begin.
  bool accepting() const {
    return healthy_.load(std::memory_order_relaxed) &&
           waiting_ended_.load(std::memory_order_relaxed) < kMostWaiting;
  }
  Figures figures() const;
  // Returns what was spent until now, of all that is in the files.
  std::map<SpendSums::Key, SpendSums::Amounts> Spent() const EXCLUDES_LOCK(spent_mutex_);
  void SetKeeping(const LedgerKeeping& keeping) EXCLUDES_LOCK(mutex_);

  // Writes all rows, then ends the thread. If the files cannot be written, it gives up after a
  // second and says how many rows are lost. Later rows are dropped.
  void Stop();

 private:
  void Run();
  // Takes the rows that wait. Returns false when the thread has to end.
  bool Take(std::vector<LedgerRow>& rows) EXCLUDES_LOCK(mutex_);
  // Takes the rows up to those that a reading may not find. REQUIRES: `rows` is empty.
  void TakeRows(std::vector<LedgerRow>& rows) REQUIRES_LOCK(mutex_);
  void RunReadings() EXCLUDES_LOCK(mutex_);
  bool WaitToRetry() EXCLUDES_LOCK(mutex_);
  void Absorb(std::vector<LedgerRow>& rows);
  void Begin(LedgerRow row);
  void End(LedgerRow row);
  bool Commit();
  void Committed();
  void Failed(const absl::Status& status);
  void Tidy() EXCLUDES_LOCK(mutex_);
  // Returns whether what is too old by the clock may be removed. Tells of a clock that was set.
  bool MayExpire(std::int64_t now, const LedgerKeeping& keeping);

  // Constant after construction.
  const Clock clock_;
  const LedgerAlarm alarm_;

  std::atomic<LedgerId> next_id_{1};
  std::atomic<bool> healthy_{true};
  std::atomic<std::size_t> waiting_ended_{0};
  std::array<std::atomic<std::int64_t>, kRowStateNames.size()> rows_{};
  std::atomic<std::int64_t> repeated_{0};
  std::atomic<std::int64_t> failures_{0};
  std::array<std::atomic<std::int64_t>, kCommitBounds.size() + 1> commits_{};
  std::atomic<std::int64_t> commit_ns_{0};

  // Used by the thread only.
  std::unique_ptr<LedgerStore> store_;
  LedgerBatch batch_;                                 // of the next commit
  absl::flat_hash_map<LedgerId, std::size_t> begun_;  // by id: index in batch_.running
  absl::flat_hash_set<LedgerId> alive_;               // begun and not ended
  bool told_full_ = false;
  bool told_tidy_ = false;
  ClockWatch clock_watch_;
  bool told_clock_ = false;

  struct WaitingReading {
    std::int64_t rows = 0;
    Reading run;
  };

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<LedgerRow> waiting_ GUARDED_BY(mutex_);
  std::int64_t taken_ GUARDED_BY(mutex_) = 0;  // rows that were put and do not wait any more
  std::deque<WaitingReading> readings_ GUARDED_BY(mutex_);  // by their rows
  LedgerKeeping keeping_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;

  mutable Mutex spent_mutex_;
  SpendSums spent_ GUARDED_BY(spent_mutex_);

  std::thread thread_;
};

}  // namespace headgate::policy
