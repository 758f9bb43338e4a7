#pragma once

#include <cstdint>
#include <string_view>

#include "backends/scheduler/band.h"
#include "backends/scheduler/clock.h"
#include "backends/scheduler/reserved_slots.h"

namespace headgate::backends {

// What a request says when it joins a queue.
struct SlotDemand {
  Band band = Band::kNormal;
  std::string_view team;  // copied; "" is a team like any other
  int share = 1;          // the team's weight, 1..1000
  // When the first token is due. Within a team the earliest deadline goes first.
  TimePoint deadline = TimePoint::max();
  // The usual time from a grant to the first token. A grant is late after `deadline` - `lead`.
  Duration lead{0};
  std::int64_t tokens = 0;  // KV room that it needs; 0 where tokens are not counted
  // Requests of one lane can be served by the same replicas: they have the same address here. While
  // the first one of a lane finds no room, no other one of the lane is tried.
  const void* lane = nullptr;
  // The request was moved aside, and goes on before all others of its band. The limit of the queue
  // does not count for it.
  bool front = false;
};

// A request that waits. The gateway implements it. The queue calls these functions with its lock
// held, from any thread that uses the queue: they must be quick, must not call the queue, and may
// take only locks of leaf classes (circuits, the post to a worker).
class SlotTaker {
 public:
  // kUnusable: no replica of the request's target may be asked at the moment.
  enum class Try : std::uint8_t { kTaken, kNoRoom, kUnusable };
  // Takes a replica that has room and is not reserved, by SlotCount::TryGrant, and keeps the lease.
  // With kNoRoom it adds the replicas that it waits for.
  virtual Try TryTake(TimePoint now, ReservedSlots& reserved) = 0;

  // kGranted: the last TryTake returned kTaken. kShed: the queue was full and a more urgent request
  // has come. kUnusable: the last TryTake returned kUnusable.
  enum class Why : std::uint8_t { kGranted, kShed, kUnusable };
  // The request is out of the line. Posts to its worker.
  virtual void Wake(Why why) = 0;

  // The service time that was charged to the team at the grant: for SlotUse::charged. Valid after a
  // grant.
  Duration charged() const { return charged_; }

 protected:
  virtual ~SlotTaker() = default;

 private:
  friend class SlotQueue;
  Duration charged_{0};
};

// What a release says of the slot that was held.
struct SlotUse {
  Band band = Band::kNormal;
  std::string_view team;
  int share = 1;
  Duration held{0};     // from the take to the release
  Duration charged{0};  // SlotTaker::charged; 0 if the slot was taken without the queue
};

}  // namespace headgate::backends
