#include "policy/plan/break_even.h"

#include <algorithm>
#include <limits>

#include "policy/plan/month.h"
#include "policy/plan/month_cost.h"

namespace headgate::policy {
namespace {

__extension__ using Wide = __int128;

// The demand at a volume so large that roundings do not show: a price is a ratio.
constexpr std::int64_t kReferenceTokens = 1'000'000'000'000;  // 1e12

struct ReferenceBill {
  std::int64_t tokens = 0;
  NanoUsd bill = 0;
};

ReferenceBill BillAtReference(const PlanCase& plan) {
  const Usage tokens = AllTokens(WithVolume(plan.demand, kReferenceTokens));
  return {Total(tokens), ApiBill(plan.api, tokens)};
}

// Where the rent of `replicas` equals the bill.
std::int64_t Crossing(const PlanCase& plan, const ReferenceBill& reference, std::int64_t replicas) {
  return Scaled(Product(plan.self.rent_per_replica_month, replicas), reference.tokens,
                reference.bill);
}

// How far the peak of interactive tokens is above the average of all, in millionths; >= kMillion.
std::int64_t PeakOfAll(const Demand& demand) {
  const std::int64_t interactive = Total(InteractiveTokens(demand));
  const std::int64_t all = Total(AllTokens(demand));
  return std::max(kMillion, Scaled(PeakOf(demand), interactive, all));
}

}  // namespace

BreakEven BreakEvenOf(const PlanCase& plan) {
  BreakEven out;
  const ReferenceBill reference = BillAtReference(plan);
  const NanoUsd rent = plan.self.rent_per_replica_month;
  const std::int64_t peak = PeakOfAll(plan.demand);
  if (reference.bill > 0) out.rent_over_price = Crossing(plan, reference, 1);
  if (!plan.self.tokens_per_hour) {
    if (reference.bill > 0) {
      out.first = Crossing(plan, reference, ReplicasFor(plan.demand, plan.self).peak);
      out.always = out.first;
    }
    return out;
  }
  out.replica_serves = Scaled(plan.self.Capacity(1), kMillion, peak);
  out.replica_saves = Scaled(reference.bill, *out.replica_serves, reference.tokens);
  if (!out.rent_over_price) return out;
  // tokens an hour = break-even tokens a month / 729.6 hours / utilisation * peak
  out.throughput_needed =
      Scaled(Scaled(*out.rent_over_price, 10, kHoursOfTenMonths), peak, plan.self.utilisation);
  if (out.replica_saves >= rent) out.first = out.rent_over_price;
  const NanoUsd gain = out.replica_saves - rent;  // of each further replica that is full
  if (gain <= 0) return out;
  // n full replicas must earn n + 1 rents, or the step to n + 1 costs more again.
  const std::int64_t full = std::max<std::int64_t>(1, rent / gain + (rent % gain > 0 ? 1 : 0));
  out.always = Crossing(plan, reference, full);
  return out;
}

std::optional<std::int64_t> ThroughputThatPays(const PlanCase& plan) {
  const NanoUsd rent = plan.self.rent_per_replica_month;
  const NanoUsd bill = ApiBill(plan.api, AllTokens(plan.demand));
  if (rent > bill || rent <= 0) return std::nullopt;
  const Wide all = Total(AllTokens(plan.demand));
  const Wide interactive = Total(InteractiveTokens(plan.demand));
  const Wide busiest = std::max(all * kMillion, interactive * PeakOf(plan.demand));
  // tokens an hour = tokens a month * peak / 729.6 hours / utilisation / replicas, rounded up
  const Wide served = Wide{kHoursOfTenMonths} * plan.self.utilisation * (bill / rent);
  const Wide needed = (busiest * 10 + served - 1) / served;
  return static_cast<std::int64_t>(
      std::min<Wide>(needed, std::numeric_limits<std::int64_t>::max()));
}

NanoUsdPerMillion BlendedPrice(const PlanCase& plan) {
  const ReferenceBill reference = BillAtReference(plan);
  return Scaled(reference.bill, kMillion, reference.tokens);
}

}  // namespace headgate::policy
