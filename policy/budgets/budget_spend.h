#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "config/base/mutex.h"
#include "config/limits.h"
#include "policy/budgets/budget_window.h"

namespace headgate::policy {

// What one budget has spent, by day or month. A window stays once it was needed, so a clock that
// jumps there and back finds what was spent. Thread-safe; lock-free while the window stays the
// same.
class BudgetSpend {
 public:
  // `zone`: an IANA name that this system knows.
  BudgetSpend(config::BudgetPeriod per, const std::string& zone);

  // Returns the window that `time` (milliseconds since 1970) is in. It lives as long as this.
  BudgetWindow& At(std::int64_t time) EXCLUDES_LOCK(mutex_) {
    BudgetWindow* const known = current_.load(std::memory_order_acquire);
    return known != nullptr && known->bounds().Has(time) ? *known : Find(time);
  }

  // Whether what was spent before has been added. For the thread that reloads.
  bool restored = false;

 private:
  BudgetWindow& Find(std::int64_t time) EXCLUDES_LOCK(mutex_);

  const config::BudgetPeriod per_;
  const absl::TimeZone zone_;
  std::atomic<BudgetWindow*> current_{nullptr};
  Mutex mutex_;
  std::map<std::int64_t, BudgetWindow> windows_ GUARDED_BY(mutex_);  // by their beginnings
};

}  // namespace headgate::policy
