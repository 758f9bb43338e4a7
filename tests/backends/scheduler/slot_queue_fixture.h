#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>

#include "backends/scheduler/preemption.h"
#include "backends/scheduler/slot_queue.h"

namespace headgate::backends {

// A request at the only replica of a queue.
class ReplicaRequest : public SlotTaker, public Preemptible {
 public:
  explicit ReplicaRequest(SlotCount& replica, std::int64_t tokens = 1)
      : replica_(replica), tokens_(tokens) {}
  Try TryTake(TimePoint /*now*/, ReservedSlots& reserved) override {
    if (unusable) return Try::kUnusable;
    if (!reserved.Has(replica_) && replica_.TryGrant(tokens_)) return Try::kTaken;
    reserved.Add(replica_);
    return Try::kNoRoom;
  }
  void Wake(Why reason) override { why = reason; }
  void MoveAside() override { ++told; }

  bool unusable = false;
  std::optional<Why> why;
  int told = 0;

 private:
  SlotCount& replica_;
  const std::int64_t tokens_;
};

class SlotQueueTest : public testing::Test {
 protected:
  using Request = ReplicaRequest;
  using Outcome = SlotQueue::Outcome;
  using Why = SlotTaker::Why;
  static constexpr TimePoint kNow{std::chrono::hours(1000)};

  void Fill(Band band = Band::kNormal) {
    while (replica_->TryTake(1)) queue_->Started(band);
  }
  void ReturnOne(Band band = Band::kNormal) {
    queue_->Released({.band = band, .held = std::chrono::seconds(1)});
    if (replica_->Return(1)) replica_->KickQueue(kNow);
  }
  Outcome Join(Request& request, Band band = Band::kNormal, bool front = false) {
    return queue_->Join(request, {.band = band, .front = front}, kNow).outcome;
  }
  // Empties the line, so that the queue may go.
  template <typename... Requests>
  void Leave(Requests&... requests) {
    (queue_->Leave(requests, kNow), ...);
  }

  std::shared_ptr<SlotCount> replica_ = std::make_shared<SlotCount>(2);
  std::shared_ptr<SlotQueue> queue_ =
      SlotQueue::Make({replica_}, {.limit = 2, .batch_floor = 0, .preempt = false});
};

}  // namespace headgate::backends
