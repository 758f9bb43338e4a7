#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/base/mutex.h"
#include "policy/money/rent.h"

namespace headgate::policy {

// The rent of replicas that a reload has removed. It stays in the sums of the backend, because a
// counter may not fall. It keeps accruing until the last request there has ended. A backend that is
// no longer configured is forgotten an hour after its last replica was removed. Thread-safe; `now`
// is an argument.
class RetiredRent {
 public:
  using Clock = RentMeter::Clock;
  static constexpr std::chrono::hours kRemembered{1};

  struct Totals {
    RentMeter::AttoUsd accrued = 0;
    RentMeter::AttoUsd allocated = 0;
    RentMeter::AttoUsd idle = 0;
    int holders = 0;  // requests that still run on removed replicas
  };

  // Retires `meter`, which belonged to the replica called `replica` of `backend`.
  void Add(const std::string& backend, const std::string& replica, std::shared_ptr<RentMeter> meter,
           Clock::time_point now) EXCLUDES_LOCK(mutex_);

  // The meter of a removed replica on which requests still run, or null. A replica that is
  // configured again continues with it.
  std::shared_ptr<RentMeter> Find(const std::string& backend, const std::string& replica) const
      EXCLUDES_LOCK(mutex_);
  // Call this when the replica is configured again: its meter is no longer counted here.
  void Remove(const std::shared_ptr<RentMeter>& meter) EXCLUDES_LOCK(mutex_);

  // Merges meters to which nobody else holds a pointer into the sums of their backends. Forgets
  // backends that are not among `configured` and have had no meter here for an hour. Only the
  // thread that makes and drops fleets may call it, so that an unshared meter stays unshared.
  void MergeUnshared(const std::vector<std::string>& configured, Clock::time_point now)
      EXCLUDES_LOCK(mutex_);

  // The totals by backend.
  std::map<std::string, Totals> Read(Clock::time_point now) EXCLUDES_LOCK(mutex_);

 private:
  struct Entry {
    std::string backend;
    std::string replica;
    std::shared_ptr<RentMeter> meter;
  };
  struct Sum {
    Totals totals;
    Clock::time_point last_use{};  // when a meter was here or the backend was configured
  };

  mutable Mutex mutex_;
  std::vector<Entry> entries_ GUARDED_BY(mutex_);
  std::map<std::string, Sum> sums_ GUARDED_BY(mutex_);  // of merged meters
};

}  // namespace headgate::policy
