#pragma once

#include "backends/upstream/circuit_breaker.h"
#include "gateway/metrics/registry.h"
#include "gateway/snapshot/fleet.h"
#include "gateway/upkeep/fleet_replica.h"

namespace headgate::gateway {

// Appends what engines say of their load at `now`, for backends whose engine tells it. A figure
// that is old, or that the engine does not tell, has no series. Pure.
void AddLoadFamilies(const Fleet& fleet, const QuestionTotals& polls,
                     backends::Clock::time_point now, FamilySet::Families& families);

}  // namespace headgate::gateway
