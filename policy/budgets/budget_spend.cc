#include "policy/budgets/budget_spend.h"

#include <iterator>

namespace headgate::policy {
namespace {

absl::TimeZone ZoneOf(const std::string& name) {
  absl::TimeZone zone = absl::UTCTimeZone();
  absl::LoadTimeZone(name, &zone);  // the configuration has checked the name
  return zone;
}

}  // namespace

BudgetSpend::BudgetSpend(config::BudgetPeriod per, const std::string& zone)
    : per_(per), zone_(ZoneOf(zone)) {}

BudgetWindow& BudgetSpend::Find(std::int64_t time) {
  BudgetWindow* const window = FindOrMake(time);
  current_.store(window, std::memory_order_release);
  return *window;
}

BudgetWindow* BudgetSpend::Known(std::int64_t time) {
  const MutexLock lock(mutex_);
  auto next = windows_.upper_bound(time);
  if (next == windows_.begin()) return nullptr;
  BudgetWindow* const window = std::prev(next)->second.get();
  return window->bounds().Has(time) ? window : nullptr;
}

BudgetWindow* BudgetSpend::FindOrMake(std::int64_t time) {
  if (BudgetWindow* const known = Known(time)) return known;
  // Two threads may both make the window. The second is never used, and restored in vain.
  auto window = std::make_shared<BudgetWindow>(BoundsOf(per_, zone_, time));
  if (restore_) restore_(window);
  const MutexLock lock(mutex_);
  return windows_.try_emplace(window->bounds().begin, window).first->second.get();
}

void BudgetSpend::MarkDay(std::int64_t now) {
  if (day_.Has(now)) return;
  const bool begins = day_.end != 0 && now >= day_.end;
  day_ = BoundsOf(config::BudgetPeriod::kDay, zone_, now);
  if (!begins) return;  // nobody has seen the day begin
  BudgetWindow& window = At(now);
  window.marks.push_back({.time = day_.begin, .spent = window.spent()});
}

}  // namespace headgate::policy
