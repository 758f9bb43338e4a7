#include "policy/ledger/ledger_writer.h"

#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>

#include "config/base/text.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::policy {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kBetweenTidyings(60);
constexpr std::chrono::milliseconds kBetweenRetries(200);
constexpr int kRetriesAtTheEnd = 5;

std::string_view TextOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace

LedgerWriter::LedgerWriter(std::unique_ptr<LedgerStore> store, const LedgerKeeping& keeping,
                           Clock clock, LedgerAlarm alarm, SpendSums spent)
    : clock_(std::move(clock)),
      alarm_(std::move(alarm)),
      store_(std::move(store)),
      clock_watch_(store_->last_day()),
      keeping_(keeping),
      spent_(std::move(spent)) {
  thread_ = std::thread([this] { Run(); });
}

LedgerWriter::~LedgerWriter() { Stop(); }

std::int64_t LedgerWriter::Put(LedgerRow row) {
  const bool ended = row.state != RowState::kReserved;
  bool wake = false;
  std::int64_t number = 0;
  {
    MutexLock lock(mutex_);
    number = taken_ + static_cast<std::int64_t>(waiting_.size());
    if (stopping_) return number;
    if (ended) waiting_ended_.fetch_add(1, std::memory_order_relaxed);
    waiting_.push_back(std::move(row));
    wake = waiting_.size() == 1 || waiting_.size() == kFullBatch;
  }
  if (wake) changed_.notify_one();
  return number;
}

std::int64_t LedgerWriter::ReadBehindRows(Reading reading) {
  std::int64_t rows = 0;
  {
    MutexLock lock(mutex_);
    rows = taken_ + static_cast<std::int64_t>(waiting_.size());
    if (stopping_) return rows;
    readings_.push_back({rows, std::move(reading)});
  }
  changed_.notify_one();
  return rows;
}

LedgerWriter::Figures LedgerWriter::figures() const {
  Figures figures;
  const auto read = [](const std::atomic<std::int64_t>& count) {
    return count.load(std::memory_order_relaxed);
  };
  std::transform(rows_.begin(), rows_.end(), figures.rows.begin(), read);
  figures.repeated = read(repeated_);
  figures.failures = read(failures_);
  figures.waiting = static_cast<std::int64_t>(waiting_ended_.load(std::memory_order_relaxed));
  figures.accepting = accepting();
  std::transform(commits_.begin(), commits_.end(), figures.commits.counts.begin(), read);
  figures.commits.sum_ns = read(commit_ns_);
  return figures;
}

std::map<SpendSums::Key, SpendSums::Amounts> LedgerWriter::Spent() const {
  const std::int64_t now = clock_();
  MutexLock lock(spent_mutex_);
  return spent_.Read(now);
}

void LedgerWriter::SetKeeping(const LedgerKeeping& keeping) {
  MutexLock lock(mutex_);
  keeping_ = keeping;
}

void LedgerWriter::Stop() {
  if (!thread_.joinable()) return;
  std::deque<WaitingReading> dropped;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    dropped.swap(readings_);
  }
  changed_.notify_one();
  thread_.join();
}

bool LedgerWriter::Take(std::vector<LedgerRow>& rows) {
  MutexLock lock(mutex_);
  if (waiting_.empty() && readings_.empty() && !stopping_) {
    changed_.wait_for(mutex_, kBetweenTidyings);
  }
  if (!waiting_.empty()) {
    const auto until = SteadyClock::now() + kBatchTime;
    while (waiting_.size() < kFullBatch && readings_.empty() && !stopping_) {
      if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) break;
    }
  }
  TakeRows(rows);
  return !stopping_;
}

void LedgerWriter::TakeRows(std::vector<LedgerRow>& rows) {
  auto count = static_cast<std::ptrdiff_t>(waiting_.size());
  if (!readings_.empty()) count = std::min(count, readings_.front().rows - taken_);
  taken_ += count;
  if (count == static_cast<std::ptrdiff_t>(waiting_.size())) {
    rows.swap(waiting_);
    return;
  }
  const auto end = waiting_.begin() + count;
  rows.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
}

void LedgerWriter::RunReadings() {
  for (;;) {
    WaitingReading reading;
    {
      MutexLock lock(mutex_);
      if (readings_.empty() || readings_.front().rows > taken_) return;
      reading = std::move(readings_.front());
      readings_.pop_front();
    }
    reading.run(reading.rows);
  }
}

void LedgerWriter::Run() {
  ::pthread_setname_np(::pthread_self(), "ledger");
  Tidy();  // while no rows wait
  auto tidy_at = SteadyClock::now() + kBetweenTidyings;
  std::vector<LedgerRow> rows;
  bool more = true;
  while (more) {
    more = Take(rows);
    Absorb(rows);
    bool well = Commit();
    for (int tries = 0; !well && (more || tries < kRetriesAtTheEnd); ++tries) {
      const bool was_running = more;
      more = WaitToRetry();
      if (was_running && !more) tries = 0;
      {
        MutexLock lock(mutex_);
        TakeRows(rows);
      }
      Absorb(rows);
      well = Commit();
    }
    if (!well) {
      alarm_(true, "rows of the ledger are lost",
             config::Concat(batch_.ended.size(), " requests that have ended could not be written"));
      continue;
    }
    RunReadings();
    if (!more || SteadyClock::now() >= tidy_at) {
      Tidy();
      tidy_at = SteadyClock::now() + kBetweenTidyings;
    }
  }
}

// Returns false when the thread has to end soon.
bool LedgerWriter::WaitToRetry() {
  MutexLock lock(mutex_);
  const auto until = SteadyClock::now() + kBetweenRetries;
  const bool was_stopping = stopping_;
  while (stopping_ == was_stopping) {
    if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) break;
  }
  return !stopping_;
}

void LedgerWriter::Absorb(std::vector<LedgerRow>& rows) {
  for (LedgerRow& row : rows) {
    if (row.state == RowState::kReserved) {
      Begin(std::move(row));
    } else {
      End(std::move(row));
    }
  }
  rows.clear();
  const std::size_t waiting = waiting_ended_.load(std::memory_order_relaxed);
  if (waiting >= kMostWaiting && !told_full_) {
    alarm_(true, "the ledger has no room, so requests are refused",
           config::Concat(waiting, " requests that have ended wait to be written"));
  }
  if (waiting >= kMostWaiting || waiting == 0) told_full_ = waiting != 0;
}

void LedgerWriter::Begin(LedgerRow row) {
  alive_.insert(row.id);
  const auto [place, is_new] = begun_.try_emplace(row.id, batch_.running.size());
  if (is_new) {
    batch_.running.push_back(std::move(row));
  } else {
    batch_.running[place->second] = std::move(row);
  }
}

void LedgerWriter::End(LedgerRow row) {
  if (alive_.erase(row.id) == 0) {
    repeated_.fetch_add(1, std::memory_order_relaxed);
    waiting_ended_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  if (const auto place = begun_.find(row.id); place != begun_.end()) {
    const std::size_t index = place->second;
    begun_.erase(place);
    if (index + 1 != batch_.running.size()) {
      batch_.running[index] = std::move(batch_.running.back());
      begun_[batch_.running[index].id] = index;
    }
    batch_.running.pop_back();
  }
  batch_.ended.push_back(std::move(row));
}

bool LedgerWriter::Commit() {
  if (batch_.empty()) return true;
  const auto begun = SteadyClock::now();
  const absl::Status status = store_->Write(batch_);
  const std::chrono::nanoseconds took = SteadyClock::now() - begun;
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bucket =
      std::lower_bound(kCommitBounds.begin(), kCommitBounds.end(), seconds) - kCommitBounds.begin();
  commits_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  commit_ns_.fetch_add(took.count(), std::memory_order_relaxed);
  if (status.ok()) {
    Committed();
  } else {
    Failed(status);
  }
  return status.ok();
}

void LedgerWriter::Committed() {
  {
    MutexLock lock(spent_mutex_);
    for (const LedgerRow& row : batch_.ended) {
      for (const LedgerAttempt& attempt : row.attempts) {
        spent_.Add(DayOf(row.started), row.labels.team, attempt.target.hosting, attempt.cost);
      }
    }
  }
  for (const LedgerRow& row : batch_.ended) {
    rows_[static_cast<std::size_t>(row.state)].fetch_add(1, std::memory_order_relaxed);
  }
  waiting_ended_.fetch_sub(batch_.ended.size(), std::memory_order_relaxed);
  batch_.ended.clear();
  batch_.running.clear();
  begun_.clear();
  if (healthy_.exchange(true, std::memory_order_relaxed)) return;
  alarm_(false, "the ledger can be written again", "requests are accepted again");
}

void LedgerWriter::Failed(const absl::Status& status) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  if (!healthy_.exchange(false, std::memory_order_relaxed)) return;
  alarm_(true, "the ledger cannot be written, so requests are refused", TextOf(status));
}

void LedgerWriter::Tidy() {
  LedgerKeeping keeping;
  {
    MutexLock lock(mutex_);
    keeping = keeping_;
  }
  const std::int64_t now = clock_();
  const absl::Status status =
      MayExpire(now, keeping) ? store_->Tidy(now, keeping) : store_->TidyFiles(now);
  if (!status.ok() && !told_tidy_) {
    alarm_(true, "old days of the ledger could not be moved to its archive", TextOf(status));
  }
  told_tidy_ = !status.ok();
}

bool LedgerWriter::MayExpire(std::int64_t now, const LedgerKeeping& keeping) {
  const std::int64_t today = DayOf(now);
  const ClockWatch::Finding finding =
      clock_watch_.Look({.wall = now,
                         .steady = std::chrono::duration_cast<std::chrono::milliseconds>(
                             SteadyClock::now().time_since_epoch())});
  if (finding.set_by != std::chrono::milliseconds::zero()) {
    const std::int64_t seconds = std::chrono::abs(finding.set_by).count() / 1000;
    alarm_(true, "the clock was set",
           config::Concat(finding.set_by.count() < 0 ? "back" : "forward", " by ", seconds,
                          " s; for the ledger it is now ", HourText(HourOf(now)), " UTC"));
  }
  const bool waits = !finding.believed && store_->HasOld(today, keeping);
  if (waits && !told_clock_) {
    alarm_(true, "the clock is far ahead of the ledger, which removes nothing for an hour",
           config::Concat(
               "it is ", DayText(today), " by the clock; the last day of the ledger was ",
               DayText(store_->last_day().value_or(today)), ". Set the clock if it is wrong"));
  }
  told_clock_ = waits;
  return finding.believed;
}

}  // namespace headgate::policy
