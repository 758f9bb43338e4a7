#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/supply.h"
#include "policy/plan/demand.h"

namespace headgate::policy {

// What could serve a demand. Plain values.

// Replicas that are rented by time.
struct SelfHosting {
  std::string name;
  NanoUsd rent_per_replica_month = 0;
  // Input and output tokens that one replica serves in an hour; absent: unknown. Vendors give
  // figures of a single stream, and batching servers do many times that: it is always an input.
  std::optional<std::int64_t> tokens_per_hour;
  // The share of that throughput to plan with, in millionths, 1..kMillion. The rest is room for
  // bursts.
  std::int64_t utilisation = kMillion;
  // Replicas there are. They count as enough while the throughput is unknown (1 if absent too).
  std::optional<std::int64_t> replicas;

  // Tokens a month that `count` replicas serve at `utilisation`, rounded down. REQUIRES: the
  // throughput is known.
  std::int64_t Capacity(std::int64_t count) const;
};

// A target that is paid by the token, at its standard prices.
struct PaidTarget {
  std::string name;
  config::PriceRow price;
};

// One option of each kind for one demand. REQUIRES wherever it is used: the demand has tokens.
struct PlanCase {
  Demand demand;
  SelfHosting self;
  PaidTarget api;
};

}  // namespace headgate::policy
