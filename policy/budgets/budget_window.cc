#include "policy/budgets/budget_window.h"

#include "absl/time/civil_time.h"

namespace headgate::policy {
namespace {

template <typename Unit>
BudgetBounds BoundsIn(const absl::TimeZone& zone, absl::Time time) {
  const Unit unit(absl::ToCivilSecond(time, zone));
  return {.begin = absl::ToUnixMillis(absl::FromCivil(absl::CivilSecond(unit), zone)),
          .end = absl::ToUnixMillis(absl::FromCivil(absl::CivilSecond(unit + 1), zone))};
}

}  // namespace

BudgetBounds BoundsOf(config::BudgetPeriod per, const absl::TimeZone& zone, std::int64_t time) {
  const absl::Time at = absl::FromUnixMillis(time);
  return per == config::BudgetPeriod::kDay ? BoundsIn<absl::CivilDay>(zone, at)
                                           : BoundsIn<absl::CivilMonth>(zone, at);
}

}  // namespace headgate::policy
