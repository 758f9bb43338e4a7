#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "config/base/mutex.h"
#include "gateway/responses/database/response_database.h"
#include "gateway/responses/database/stored_response.h"
#include "policy/store/folder_lock.h"

namespace headgate::gateway {

// The one thread that reads and writes the stored responses. Callers never wait for the disk: their
// jobs wait here, in order, so that a question sees every response that was put before it. What
// waits is bounded; more is turned away. Thread-safe.
class ResponseStore {
 public:
  static constexpr std::size_t kMostWaitingBytes = 64u << 20;
  static constexpr std::size_t kMostWaitingJobs = 10000;

  using Clock = std::function<std::int64_t()>;  // milliseconds since 1970; called in the thread
  using Job = std::function<void(ResponseDatabase& database, std::int64_t now)>;

  // `folder` exists. Failures are told by `report`, in the store's thread.
  ResponseStore(const std::string& folder, const StoreBounds& bounds, Clock clock,
                ResponseDatabase::Report report);
  // Calls Stop if it was not called.
  ~ResponseStore();
  ResponseStore(const ResponseStore&) = delete;
  ResponseStore& operator=(const ResponseStore&) = delete;

  // Holds the lock of the folder as long as the store lives. Call once, before the store is used.
  void Hold(policy::FolderLock lock) { lock_ = std::move(lock); }

  // Stores a response some time later. Returns false if too much waits: it is lost then.
  bool Put(StoredResponse response);
  // Has `job` called in the store's thread, some time later. Returns false if too much waits.
  bool Post(Job job);

  // Has other bounds hold soon.
  void SetBounds(const StoreBounds& bounds) EXCLUDES_LOCK(mutex_);

  // Counts an answer that could not be handed over.
  void CountTooLarge() { too_large_.fetch_add(1, std::memory_order_relaxed); }
  // Counts a question by its result; see AskStore.
  void CountLookup(const absl::Status& result);
  StoreFigures figures() const;

  // Does the jobs that wait, then ends the thread. Later jobs are turned away.
  void Stop();

 private:
  struct Waiting {
    Job job;
    std::size_t bytes = 0;
  };
  bool Add(Job job, std::size_t bytes) EXCLUDES_LOCK(mutex_);
  void Run();
  // Waits for jobs, or until it is time to tidy up. Returns false when the thread has to end.
  bool Take(std::deque<Waiting>& jobs, StoreBounds& bounds) EXCLUDES_LOCK(mutex_);
  void CountPut(const absl::Status& result);

  // Constant after construction.
  const std::string folder_;
  const Clock clock_;
  const ResponseDatabase::Report report_;
  policy::FolderLock lock_;

  std::atomic<std::int64_t> stored_{0};
  std::atomic<std::int64_t> busy_{0};
  std::atomic<std::int64_t> too_large_{0};
  std::atomic<std::int64_t> disk_{0};
  std::atomic<std::int64_t> found_{0};
  std::atomic<std::int64_t> not_found_{0};
  std::atomic<std::int64_t> failed_{0};
  std::atomic<std::size_t> bytes_{0};

  Mutex mutex_;
  StoreBounds bounds_ GUARDED_BY(mutex_);
  std::condition_variable_any changed_;
  std::deque<Waiting> waiting_ GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;  // of jobs that have not ended
  std::size_t waiting_jobs_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace headgate::gateway
