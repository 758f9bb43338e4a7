#include "policy/budgets/budget_pace.h"

#include <algorithm>

namespace headgate::policy {
namespace {

constexpr std::int64_t kMsPerDay = 86'400'000;
constexpr std::int64_t kFewestDays = 3;
constexpr std::int64_t kMostDays = 7;

}  // namespace

std::optional<NanoUsd> ForecastSpend(const BudgetBounds& window,
                                     const std::vector<SpentMark>& marks,
                                     const PaceMoment& moment) {
  __extension__ using Wide = __int128;
  SpentMark from{.time = window.begin, .spent = 0};
  SpentMark to{.time = moment.now, .spent = moment.spent};
  if (!marks.empty()) {
    const SpentMark& last = marks.back();
    const auto first = std::find_if(marks.begin(), marks.end(), [&](const SpentMark& mark) {
      return mark.time >= last.time - kMostDays * kMsPerDay;
    });
    if (last.time - first->time >= kFewestDays * kMsPerDay) {
      from = *first;
      to = last;
    }
  }
  const std::int64_t span = to.time - from.time;
  if (span < kMsPerDay) return std::nullopt;
  const std::int64_t rest = std::max<std::int64_t>(window.end - moment.now, 0);
  const Wide more = static_cast<Wide>(to.spent - from.spent) * rest / span;
  return moment.spent + static_cast<NanoUsd>(std::max<Wide>(more, 0));
}

}  // namespace headgate::policy
