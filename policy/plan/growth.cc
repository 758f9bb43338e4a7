#include "policy/plan/growth.h"

#include <algorithm>

#include "policy/plan/month.h"

namespace headgate::policy {

std::int64_t GrownVolume(std::int64_t tokens, std::int64_t growth, int months) {
  for (int month = 0; month < months && tokens < kMostTokens; ++month) {
    tokens = Scaled(tokens, kMillion + growth, kMillion);
  }
  return std::clamp<std::int64_t>(tokens, 1, kMostTokens);
}

GrowthPath PathOf(const PlanCase& plan, std::int64_t growth) {
  GrowthPath path;
  if (growth == 0) return path;
  const std::int64_t now = Total(AllTokens(plan.demand));
  const MonthCosts costs = CostsOf(plan);
  const bool api_now = costs.api < costs.self_hosted;
  path.to_self_host = api_now;
  const Verdict verdict = Choose(costs);
  for (int month = 1; month <= kMonthsAhead && !(path.crosses && path.changes); ++month) {
    PlanCase then = plan;
    const std::int64_t tokens = GrownVolume(now, growth, month);
    then.demand = WithVolume(plan.demand, tokens);
    const MonthCosts later = CostsOf(then);
    const GrowthChange change{month, tokens, Choose(later)};
    const bool api_then = later.api < later.self_hosted;
    if (!path.crosses && api_then != api_now) path.crosses = change;
    if (!path.changes && change.verdict != verdict) path.changes = change;
  }
  return path;
}

}  // namespace headgate::policy
