#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "backends/scheduler/slot_queue.h"
#include "gateway/snapshot/fleet.h"
#include "policy/money/retired_rent.h"

namespace headgate::gateway {

// What the replicas of a fleet cost. Thread-safe, as the fleet is.

// The rent of every self-hosted backend since the start, with that of its replicas which are no
// longer configured.
using RentByBackend = std::map<std::string, policy::RetiredRent::Totals>;
RentByBackend RentOfBackends(const Fleet& fleet, backends::TimePoint now);

// Puts the rents of the present hour of the day in force. Called every 100 ms.
void ChargeRents(const Fleet& fleet, std::int64_t unix_seconds, backends::TimePoint now);

// Remembers what was served for which rent (policy::ServedWindow). Called once a minute.
void SampleServed(const Fleet& fleet, backends::TimePoint now);

}  // namespace headgate::gateway
