#pragma once

#include <cstdint>
#include <optional>

#include "policy/plan/options.h"

namespace headgate::policy {

// The cost of a month, in nano-dollars. Pure. Token counts are whole tokens; amounts are exact with
// one rounding each, half up, and saturate at the int64 maximum.

// The bill of a paid target for these tokens at its standard prices.
NanoUsd ApiBill(const PaidTarget& api, const Usage& tokens);

struct Replicas {
  std::int64_t average = 0;  // enough if every moment were like the average
  std::int64_t peak = 0;     // enough at the peak; deferrable classes run in the other hours
};
// At the utilisation of `self`; at least 1. If the throughput is unknown, both are the replicas
// there are.
Replicas ReplicasFor(const Demand& demand, const SelfHosting& self);

// Some replicas serve what they can, the paid target the rest.
struct Hybrid {
  std::int64_t replicas = 0;
  std::int64_t home_tokens = 0;
  std::int64_t away_tokens = 0;
  HourProfile home_by_hour{};  // interactive tokens of the month, by hour of the day
  NanoUsd rent = 0;
  NanoUsd bill = 0;
  NanoUsd Total() const;
};
// In each hour of the average day, the replicas serve the interactive tokens of the hour up to
// their capacity, and deferrable tokens with what is left. Where the peak is above the busiest
// hour, bursts within an hour take a part of the capacity. REQUIRES: the throughput is known.
Hybrid HybridWith(const PlanCase& plan, std::int64_t replicas);
// With the number of replicas that costs least, from 0 to the number for the peak. Each further
// replica serves less than the one before, so the first that costs more than it saves is too many.
Hybrid BestHybrid(const PlanCase& plan);

// Interactive tokens of the month by hour of the day. Their sum is exact.
HourProfile InteractiveByHour(const Demand& demand);

struct MonthCosts {
  NanoUsd api = 0;  // everything from the paid target
  std::int64_t replicas = 0;
  NanoUsd self_hosted = 0;       // rent of the replicas for the peak
  std::optional<Hybrid> hybrid;  // absent: the throughput is unknown
};
MonthCosts CostsOf(const PlanCase& plan);

}  // namespace headgate::policy
