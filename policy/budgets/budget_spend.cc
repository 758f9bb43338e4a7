#include "policy/budgets/budget_spend.h"

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
  const BudgetBounds bounds = BoundsOf(per_, zone_, time);
  const MutexLock lock(mutex_);
  BudgetWindow& window = windows_.try_emplace(bounds.begin, bounds).first->second;
  current_.store(&window, std::memory_order_release);
  return window;
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
