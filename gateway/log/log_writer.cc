#include "gateway/log/log_writer.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>

#include "absl/strings/str_cat.h"
#include "config/base/mutex.h"
#include "gateway/log/operator_log.h"
#include "gateway/log/signals.h"

namespace headgate::gateway {
namespace {

using Clock = std::chrono::steady_clock;

// How soon a pipe that was full is tried again, and how often all logs are checked.
constexpr std::chrono::milliseconds kSoon(20);
constexpr std::chrono::milliseconds kSeldom(1000);
// If a thread has not ended this long after its time, it is in a system call that does not return.
constexpr std::chrono::milliseconds kStuck(500);

}  // namespace

struct LogWriter::Shared {
  mutable Mutex mutex;
  std::condition_variable_any changed;
  std::vector<std::shared_ptr<Log>> logs GUARDED_BY(mutex);
  std::vector<std::shared_ptr<LogKind>> kinds GUARDED_BY(mutex);
  bool woken GUARDED_BY(mutex) = false;
  bool reopen GUARDED_BY(mutex) = false;
  bool stopping GUARDED_BY(mutex) = false;
  bool ended GUARDED_BY(mutex) = false;
  Clock::time_point deadline GUARDED_BY(mutex);

  void Wake() EXCLUDES_LOCK(mutex) {
    {
      MutexLock lock(mutex);
      if (woken) return;
      woken = true;
    }
    changed.notify_all();
  }

  // Closes logs that are written to their end and that nobody else holds.
  void CloseUnused() EXCLUDES_LOCK(mutex) {
    std::vector<std::shared_ptr<Log>> unused;  // destroyed without the lock: closing may wait
    MutexLock lock(mutex);
    std::erase_if(logs, [&unused](const auto& log) {
      if (log.use_count() > 1 || log->Waits()) return false;
      unused.push_back(log);
      return true;
    });
  }
};

LogWriter::LogWriter() : shared_(std::make_shared<Shared>()) {
  const SignalsBlocked in_the_thread;
  thread_ = std::thread([shared = shared_] {
    ::pthread_setname_np(::pthread_self(), "logs");
    Run(shared);
  });
}

LogWriter::~LogWriter() { Stop(); }

std::shared_ptr<Log> LogWriter::Add(std::unique_ptr<LogFile> file, const std::string& label,
                                    const std::string& title, const LogRotation& rotation) {
  Shared& shared = *shared_;
  MutexLock lock(shared.mutex);
  const auto known = std::find_if(shared.kinds.begin(), shared.kinds.end(),
                                  [&](const auto& kind) { return kind->label == label; });
  std::shared_ptr<LogKind> kind;
  if (known != shared.kinds.end()) {
    kind = *known;
  } else {
    kind = shared.kinds.emplace_back(std::make_shared<LogKind>(label, title));
  }
  return shared.logs.emplace_back(std::make_shared<Log>(std::move(file), std::move(kind), rotation,
                                                        [s = shared_] { s->Wake(); }));
}

void LogWriter::Reopen() {
  {
    MutexLock lock(shared_->mutex);
    shared_->reopen = true;
  }
  shared_->Wake();
}

std::vector<std::pair<std::string, std::uint64_t>> LogWriter::LostLines() const {
  MutexLock lock(shared_->mutex);
  std::vector<std::pair<std::string, std::uint64_t>> lost;
  for (const auto& kind : shared_->kinds) {
    lost.emplace_back(kind->label, kind->lost_lines.load(std::memory_order_relaxed));
  }
  return lost;
}

void LogWriter::Run(const std::shared_ptr<Shared>& shared) {
  bool blocked = false;
  for (;;) {
    shared->mutex.lock();
    if (!shared->woken && !shared->stopping) {
      shared->changed.wait_for(shared->mutex, blocked ? kSoon : kSeldom);
    }
    shared->woken = false;
    const bool stopping = shared->stopping;
    const bool reopen = std::exchange(shared->reopen, false);
    const Clock::time_point deadline = shared->deadline;
    std::vector<std::shared_ptr<Log>> logs = shared->logs;
    shared->mutex.unlock();

    blocked = !WriteAll(logs, reopen);
    const bool waits =
        std::any_of(logs.begin(), logs.end(), [](const auto& log) { return log->Waits(); });
    if (stopping && (!waits || Clock::now() >= deadline)) {
      for (const auto& log : logs) log->Abandon(/*with_current=*/true);
      break;
    }
    if (stopping) std::this_thread::sleep_for(kSoon);
    logs.clear();
    shared->CloseUnused();
  }
  MutexLock lock(shared->mutex);
  shared->ended = true;
  shared->changed.notify_all();
}

// Returns false if a log has to be tried again soon.
bool LogWriter::WriteAll(const std::vector<std::shared_ptr<Log>>& logs, bool reopen) {
  bool all = true;
  for (const std::shared_ptr<Log>& log : logs) {
    if (reopen) log->Reopen();
    if (!log->WriteOut(Clock::now())) all = false;
  }
  return all;
}

void LogWriter::Stop(std::chrono::milliseconds patience) {
  if (!thread_.joinable()) return;
  Shared& shared = *shared_;
  const Clock::time_point deadline = Clock::now() + patience;
  shared.mutex.lock();
  shared.stopping = true;
  shared.deadline = deadline;
  shared.changed.notify_all();
  while (!shared.ended && Clock::now() < deadline + kStuck) {
    shared.changed.wait_until(shared.mutex, deadline + kStuck);
  }
  const bool ended = shared.ended;
  std::vector<std::shared_ptr<Log>> logs = std::exchange(shared.logs, {});
  const std::vector<std::shared_ptr<LogKind>> kinds = shared.kinds;
  shared.mutex.unlock();
  if (ended) {
    thread_.join();
  } else {
    thread_.detach();
    for (const auto& log : logs) log->Abandon(/*with_current=*/false);
  }
  for (const auto& kind : kinds) {
    const std::uint64_t lost = kind->lost_lines.load(std::memory_order_relaxed);
    if (lost == 0) continue;
    OperatorLog::Error(absl::StrCat(kind->title, " has lost lines"),
                       absl::StrCat(lost, " since the start"));
  }
}

}  // namespace headgate::gateway
