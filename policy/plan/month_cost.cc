#include "policy/plan/month_cost.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "policy/plan/month.h"

namespace headgate::policy {
namespace {

__extension__ using Wide = __int128;

// Utilisation is in millionths.
constexpr std::int64_t kMonthsDivisor = 10 * kMillion;

std::int64_t RoundedUp(Wide amount, Wide by) {
  return static_cast<std::int64_t>(
      std::min<Wide>((amount + by - 1) / by, std::numeric_limits<std::int64_t>::max()));
}

NanoUsd Sum(NanoUsd a, NanoUsd b) {
  const NanoUsd room = std::numeric_limits<NanoUsd>::max() - a;
  return a + std::min(b, room);
}

// The capacity of an hour left for interactive tokens: bursts above the hour's average need room.
std::int64_t WithoutBursts(const Demand& demand, std::int64_t capacity) {
  return Scaled(capacity, BusiestHour(demand.hours), PeakOf(demand));
}

// Returns `tokens` * `away` / all, or nothing if nothing goes away.
Usage AwayPart(const Usage& tokens, std::int64_t away) {
  return away == 0 ? Usage{} : Scaled(tokens, away, Total(tokens));
}

}  // namespace

NanoUsd ApiBill(const PaidTarget& api, const Usage& tokens) {
  config::Prices prices;
  prices.standard = api.price;
  return CostOf(prices, tokens, ServiceTier::kStandard, /*unix_seconds=*/0);
}

Replicas ReplicasFor(const Demand& demand, const SelfHosting& self) {
  if (!self.tokens_per_hour) {
    const std::int64_t there = std::max<std::int64_t>(1, self.replicas.value_or(1));
    return {.average = there, .peak = there};
  }
  const Wide served = Wide{*self.tokens_per_hour} * kHoursOfTenMonths * self.utilisation;
  const Wide all = Total(AllTokens(demand));
  const Wide interactive = Total(InteractiveTokens(demand));
  Replicas out;
  out.average = std::max<std::int64_t>(1, RoundedUp(all * kMonthsDivisor, served));
  // Ten times the peak in millionths is the same divisor.
  out.peak = std::max(out.average, RoundedUp(interactive * 10 * PeakOf(demand), served));
  return out;
}

NanoUsd Hybrid::Total() const { return Sum(rent, bill); }

HourProfile InteractiveByHour(const Demand& demand) {
  const Wide all = Total(InteractiveTokens(demand));
  const Wide weights = std::accumulate(demand.hours.begin(), demand.hours.end(), std::int64_t{0});
  HourProfile out{};
  Wide before = 0;
  Wide weight = 0;
  for (std::size_t hour = 0; hour < out.size(); ++hour) {
    weight += demand.hours[hour];
    const Wide until = all * weight / weights;
    out[hour] = static_cast<std::int64_t>(until - before);
    before = until;
  }
  return out;
}

Hybrid HybridWith(const PlanCase& plan, std::int64_t replicas) {
  const Demand& demand = plan.demand;
  const Usage interactive = InteractiveTokens(demand);
  const Usage deferrable = DeferrableTokens(demand);
  const std::int64_t capacity = plan.self.Capacity(replicas) / 24;
  // Rounding of the peak must not send a token away.
  const bool all = replicas >= ReplicasFor(demand, plan.self).peak;
  const std::int64_t room = WithoutBursts(demand, capacity);
  Hybrid out;
  out.replicas = replicas;
  out.home_by_hour = InteractiveByHour(demand);
  std::int64_t left = 0;
  for (std::int64_t& hour : out.home_by_hour) {
    if (!all) hour = std::min(hour, room);
    out.home_tokens += hour;
    left += std::max<std::int64_t>(0, capacity - hour);
  }
  const std::int64_t interactive_away = Total(interactive) - out.home_tokens;
  const std::int64_t deferred_home = all ? Total(deferrable) : std::min(left, Total(deferrable));
  const std::int64_t deferred_away = Total(deferrable) - deferred_home;
  out.home_tokens += deferred_home;
  out.away_tokens = interactive_away + deferred_away;
  out.rent = Product(plan.self.rent_per_replica_month, replicas);
  const Usage away = AwayPart(interactive, interactive_away);
  out.bill = Sum(ApiBill(plan.api, away), ApiBill(plan.api, AwayPart(deferrable, deferred_away)));
  return out;
}

Hybrid BestHybrid(const PlanCase& plan) {
  std::int64_t low = 0;
  std::int64_t high = ReplicasFor(plan.demand, plan.self).peak;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (HybridWith(plan, middle + 1).Total() < HybridWith(plan, middle).Total()) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return HybridWith(plan, low);
}

MonthCosts CostsOf(const PlanCase& plan) {
  MonthCosts out;
  out.api = ApiBill(plan.api, AllTokens(plan.demand));
  out.replicas = ReplicasFor(plan.demand, plan.self).peak;
  out.self_hosted = Product(plan.self.rent_per_replica_month, out.replicas);
  if (plan.self.tokens_per_hour) out.hybrid = BestHybrid(plan);
  return out;
}

}  // namespace headgate::policy
