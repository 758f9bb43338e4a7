#pragma once

#include <cstdint>
#include <optional>

#include "policy/plan/options.h"

namespace headgate::policy {

// From which volume the rent costs less than the bill, with the mix, the peak and the hours of the
// case. With p the blended price of a token, R the rent of a replica and C the tokens that one
// replica serves at the peak, V tokens need ceil(V / C) replicas. The rent is a staircase, so there
// can be several crossings: the first at R / p, if one replica serves as much. If p * C <= R, there
// is none at any volume. Tokens are of a month.
struct BreakEven {
  // Rent of one replica over the blended price, whether or not a replica can serve it; absent: the
  // price is 0.
  std::optional<std::int64_t> rent_over_price;
  // Tokens that one replica serves with this peak; absent: the throughput is unknown.
  std::optional<std::int64_t> replica_serves;
  NanoUsd replica_saves = 0;  // the bill for replica_serves
  // The least volume at which self-hosting costs no more, and the volume from which it always costs
  // no more. Absent: it never breaks even. Unknown throughput: rent_over_price of the replicas
  // there are.
  std::optional<std::int64_t> first;
  std::optional<std::int64_t> always;
  // The tokens an hour that a replica must serve, flat out, so that a full one breaks even.
  std::optional<std::int64_t> throughput_needed;

  bool Never() const { return replica_serves.has_value() && !first.has_value(); }
};
BreakEven BreakEvenOf(const PlanCase& plan);

// The least throughput, in tokens an hour of one replica, at which so many replicas serve the
// demand as the bill of the paid target rents: from there on self-hosting costs no more. Absent:
// the rent of one replica is more than the bill. Does not look at the throughput of the case.
std::optional<std::int64_t> ThroughputThatPays(const PlanCase& plan);

// The blended price, in nano-dollars per 1M tokens.
NanoUsdPerMillion BlendedPrice(const PlanCase& plan);

}  // namespace headgate::policy
