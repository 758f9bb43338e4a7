#include "gateway/responses/response_store.h"

#include <pthread.h>

#include <chrono>
#include <utility>

#include "gateway/log/signals.h"

namespace headgate::gateway {
namespace {

// How often expired responses are removed. Questions look at the time themselves.
constexpr std::chrono::seconds kBetweenTidyings(10);

std::size_t BytesOf(const StoredResponse& response) {
  std::size_t bytes = sizeof response + response.object.size();
  for (const StoredItem& item : response.input) bytes += sizeof item + item.json.size();
  return bytes;
}

}  // namespace

ResponseStore::ResponseStore(const std::string& folder, const StoreBounds& bounds, Clock clock,
                             ResponseDatabase::Report report)
    : folder_(folder), clock_(std::move(clock)), report_(std::move(report)), bounds_(bounds) {
  const SignalsBlocked in_the_thread;
  thread_ = std::thread([this] { Run(); });
}

ResponseStore::~ResponseStore() { Stop(); }

bool ResponseStore::Put(StoredResponse response) {
  const std::size_t bytes = BytesOf(response);
  auto kept = std::make_shared<const StoredResponse>(std::move(response));
  const bool taken = Add(
      [this, kept = std::move(kept)](ResponseDatabase& database, std::int64_t now) {
        CountPut(database.Put(*kept, now));  // failures are told by the database
      },
      bytes);
  if (!taken) busy_.fetch_add(1, std::memory_order_relaxed);
  return taken;
}

void ResponseStore::CountPut(const absl::Status& result) {
  std::atomic<std::int64_t>& count = result.ok()                         ? stored_
                                     : absl::IsResourceExhausted(result) ? too_large_
                                                                         : disk_;
  count.fetch_add(1, std::memory_order_relaxed);
}

void ResponseStore::CountLookup(const absl::Status& result) {
  const bool unavailable = absl::IsUnavailable(result);
  std::atomic<std::int64_t>& count = unavailable                ? failed_
                                     : absl::IsNotFound(result) ? not_found_
                                                                : found_;
  count.fetch_add(1, std::memory_order_relaxed);
}

StoreFigures ResponseStore::figures() const {
  return {.stored = stored_.load(std::memory_order_relaxed),
          .lost_busy = busy_.load(std::memory_order_relaxed),
          .lost_too_large = too_large_.load(std::memory_order_relaxed),
          .lost_disk = disk_.load(std::memory_order_relaxed),
          .found = found_.load(std::memory_order_relaxed),
          .not_found = not_found_.load(std::memory_order_relaxed),
          .failed = failed_.load(std::memory_order_relaxed),
          .bytes = bytes_.load(std::memory_order_relaxed)};
}

void ResponseStore::SetBounds(const StoreBounds& bounds) {
  {
    MutexLock lock(mutex_);
    bounds_ = bounds;
  }
  changed_.notify_one();
}

bool ResponseStore::Post(Job job) { return Add(std::move(job), 0); }

bool ResponseStore::Add(Job job, std::size_t bytes) {
  {
    MutexLock lock(mutex_);
    if (stopping_ || waiting_jobs_ >= kMostWaitingJobs ||
        waiting_bytes_ + bytes > kMostWaitingBytes) {
      return false;
    }
    waiting_.push_back({std::move(job), bytes});
    waiting_bytes_ += bytes;
    ++waiting_jobs_;
  }
  changed_.notify_one();
  return true;
}

bool ResponseStore::Take(std::deque<Waiting>& jobs, StoreBounds& bounds) {
  MutexLock lock(mutex_);
  if (waiting_.empty() && !stopping_) changed_.wait_for(mutex_, kBetweenTidyings);
  jobs.swap(waiting_);
  bounds = bounds_;
  return !jobs.empty() || !stopping_;
}

void ResponseStore::Run() {
  ::pthread_setname_np(::pthread_self(), "responses");
  StoreBounds bounds;
  {
    MutexLock lock(mutex_);
    bounds = bounds_;
  }
  ResponseDatabase database(folder_, bounds, report_);
  bytes_.store(database.UsedBytes(), std::memory_order_relaxed);
  auto tidy_at = std::chrono::steady_clock::now();
  std::deque<Waiting> jobs;
  while (Take(jobs, bounds)) {
    database.SetBounds(bounds);
    for (Waiting& next : jobs) {
      next.job(database, clock_());
      next.job = nullptr;  // what it holds is freed before the next one
      MutexLock lock(mutex_);
      waiting_bytes_ -= next.bytes;
      --waiting_jobs_;
    }
    jobs.clear();
    if (const auto now = std::chrono::steady_clock::now(); now >= tidy_at) {
      // What remains is removed in a later turn, so that questions do not wait for it.
      const bool more = database.Expire(clock_());
      tidy_at = now + (more ? std::chrono::seconds(0) : kBetweenTidyings);
    }
    bytes_.store(database.UsedBytes(), std::memory_order_relaxed);
  }
}

void ResponseStore::Stop() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

}  // namespace headgate::gateway
