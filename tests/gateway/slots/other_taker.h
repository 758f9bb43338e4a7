#pragma once

#include <optional>

#include "backends/scheduler/slot_demand.h"

namespace headgate::gateway {

// A request that waits already.
class OtherTaker final : public backends::SlotTaker {
 public:
  // It waits for this replica.
  explicit OtherTaker(backends::SlotCount& replica) : replica_(replica) {}
  Try TryTake(TimePoint /*now*/, backends::ReservedSlots& reserved) override {
    reserved.Add(replica_);
    return Try::kNoRoom;
  }
  void Wake(Why why) override { woken = why; }
  std::optional<Why> woken;

 private:
  backends::SlotCount& replica_;
};

}  // namespace headgate::gateway
