#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "config/base/mutex.h"
#include "config/limits.h"
#include "policy/budgets/budget_window.h"

namespace headgate::policy {

// What one budget has spent, by day or month. A window stays once it was needed, so a clock that
// jumps there and back finds what was spent. Each new window asks the ledger for what was spent in
// it before: at a start, at a reload, and when the clock was set to a day that this process does
// not know. Thread-safe; lock-free while the window stays the same.
class BudgetSpend {
 public:
  // `zone`: an IANA name that this system knows.
  BudgetSpend(config::BudgetPeriod per, const std::string& zone);

  // Returns the window that `time` (milliseconds since 1970) is in. It lives as long as this.
  BudgetWindow& At(std::int64_t time) EXCLUDES_LOCK(mutex_) {
    BudgetWindow* const known = current_.load(std::memory_order_acquire);
    return known != nullptr && known->bounds().Has(time) ? *known : Find(time);
  }

  // Notes that the budget has refused a request of `time` for lack of room, which could have cost
  // `most`.
  void NoteRefused(std::int64_t time, NanoUsd most) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    At(time).NoteRefused(most);
  }
  // Returns how many requests it has refused since it began here.
  std::int64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  // For the thread that reloads: notes what is spent when a day of the budget's zone begins. Called
  // every second or so, once the window is whole.
  void MarkDay(std::int64_t now);

  // Makes the window that `time` is in, if it is not there, but does not expect that it is needed
  // next.
  void Prepare(std::int64_t time) { FindOrMake(time); }
  // Returns the window that `time` is in, or null if nobody has needed it yet.
  BudgetWindow* Known(std::int64_t time) EXCLUDES_LOCK(mutex_);

  // Who restores windows: given each new window before anybody else sees it, in any thread. Without
  // it windows begin with nothing.
  using Restore = std::function<void(const std::shared_ptr<BudgetWindow>&)>;
  // Called before other threads use this. Windows that are there stay as they are.
  void RestoreWith(Restore restore) { restore_ = std::move(restore); }
  bool HasRestore() const { return restore_ != nullptr; }

 private:
  BudgetWindow* FindOrMake(std::int64_t time) EXCLUDES_LOCK(mutex_);
  BudgetWindow& Find(std::int64_t time) EXCLUDES_LOCK(mutex_);

  const config::BudgetPeriod per_;
  const absl::TimeZone zone_;
  Restore restore_;
  std::atomic<BudgetWindow*> current_{nullptr};
  std::atomic<std::int64_t> refused_{0};
  BudgetBounds day_;  // of the last MarkDay
  Mutex mutex_;
  std::map<std::int64_t, std::shared_ptr<BudgetWindow>> windows_
      GUARDED_BY(mutex_);  // by their beginnings
};

}  // namespace headgate::policy
