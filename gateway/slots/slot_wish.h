#pragma once

#include <cstddef>

#include "backends/scheduler/slot_demand.h"
#include "backends/upstream/replica_set.h"

namespace headgate::gateway {

// What a request asks of one target: which replica it would like, and its place in the queue if all
// slots are busy. What it points to outlives the request's slots.
struct SlotWish {
  std::size_t target = 0;  // index into CompiledPolicy::targets
  backends::ReplicaSet::Ask ask;
  backends::SlotDemand demand;

  backends::SlotUse Use() const {
    return {.band = demand.band, .team = demand.team, .share = demand.share};
  }
};

}  // namespace headgate::gateway
