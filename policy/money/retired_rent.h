#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/base/mutex.h"
#include "policy/money/rent.h"

namespace headgate::policy {

// The rent of replicas that a reload has removed. It stays in its backend's sums, because a counter
// may not fall; what still runs there goes on accruing until its last holder is gone. A backend
// that is no longer configured at all is forgotten an hour after its last replica went.
// Thread-safe; `now` comes in.
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

  // The meter of a removed replica on which something still runs, or null: one that comes back goes
  // on with it.
  std::shared_ptr<RentMeter> Find(const std::string& backend, const std::string& replica) const
      EXCLUDES_LOCK(mutex_);
  // That replica is configured again: its meter is no longer counted here.
  void Remove(const std::shared_ptr<RentMeter>& meter) EXCLUDES_LOCK(mutex_);

  // Keeps the sums alone of meters to which nobody else holds a pointer, and forgets backends that
  // are not among `configured` and have had nothing here for an hour. The one thread that makes and
  // drops fleets calls it, so that a meter seen as unshared stays so.
  void MergeUnshared(const std::vector<std::string>& configured, Clock::time_point now)
      EXCLUDES_LOCK(mutex_);

  // By backend.
  std::map<std::string, Totals> Read(Clock::time_point now) EXCLUDES_LOCK(mutex_);

 private:
  struct Entry {
    std::string backend;
    std::string replica;
    std::shared_ptr<RentMeter> meter;
  };
  struct Sum {
    Totals totals;
    Clock::time_point last_use{};  // something was retired or still ran, or it was configured
  };

  mutable Mutex mutex_;
  std::vector<Entry> entries_ GUARDED_BY(mutex_);
  std::map<std::string, Sum> sums_ GUARDED_BY(mutex_);  // of merged meters
};

}  // namespace headgate::policy
