#pragma once

#include <cstdint>

#include "backends/scheduler/slot_queue.h"
#include "boost/json/object.hpp"
#include "gateway/metrics/registry.h"
#include "gateway/snapshot/fleet.h"
#include "gateway/snapshot/fleet_rent.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// What self-hosted backends cost, and whether they are worth it: rent accrued, allocated and idle;
// over the last 5 minutes, hour and day the utilisation, the price of 1M tokens, and the bill for
// the same tokens at every paid target that has a price for output; the tokens a day from which the
// rent pays, by the mix of the last day. What is not known yet has no series. Pure.
void AddRentFamilies(const Fleet& fleet, const routing::CompiledPolicy& policy,
                     std::int64_t unix_seconds, backends::TimePoint now,
                     FamilySet::Families& families);

// The same of one backend without its rent, for /status. Empty: nothing is known yet.
boost::json::object EconomyJson(const BackendState& backend,
                                const policy::RetiredRent::Totals& rent,
                                const routing::CompiledPolicy& policy, std::int64_t unix_seconds,
                                backends::TimePoint now);

}  // namespace headgate::gateway
