#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "backends/net/types.h"
#include "backends/scheduler/slot_queue.h"
#include "gateway/slots/slot_lease.h"
#include "gateway/slots/slot_wish.h"

namespace headgate::gateway {

// One request that waits in the queue of one backend. The queue grants it a slot, or tells it to
// leave, from any thread; everything else is worker-bound.
class SlotWait final : private backends::SlotTaker {
 public:
  enum class Outcome : std::uint8_t {
    kGranted,
    kFullQueue,  // as many wait there as may
    kShed,       // this request had to make room for a more urgent one
    kUnusable,   // no replica of the target may be asked any more
    kLeft,       // another target takes the request
    kOver,       // the time is over
    kGone,       // its client is gone, as End was told
    kDrained     // the gateway shuts down, as End was told
  };

  // `fleet` and what `wish` points to outlive the wait. REQUIRES: the target's backend has a queue.
  SlotWait(const Executor& executor, const Fleet& fleet, const SlotWish& wish);
  ~SlotWait() override;
  SlotWait(const SlotWait&) = delete;
  SlotWait& operator=(const SlotWait&) = delete;

  // When a request that waits looks whether it leaves for another target. It keeps its place in the
  // line until it does.
  struct Looks {
    TimePoint first = TimePoint::max();
    backends::Duration interval{0};         // between two looks
    std::function<bool(TimePoint)> leaves;  // called on the worker; REQUIRES: set if it looks
  };
  // Waits until `until` at most, or until a look ends the wait. `looks` outlives it. Called once.
  Awaitable<Outcome> Until(TimePoint until, const Looks& looks);
  // Ends the wait that is running, because of kGone or kDrained.
  void End(backends::SlotQueue::Leaving why);

  // Returns what was granted. REQUIRES: Until returned kGranted.
  SlotLease TakeSlot();
  // Returns how long a request that comes now would wait there. REQUIRES: Until did not return
  // kGranted.
  backends::Duration Predicted() const;
  // Of kFullQueue: who waits there, and the limit of the queue.
  const backends::SlotQueue::Joined& joined() const { return joined_; }

 private:
  using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
  // The way from the queue to the wait, which may be gone when a message arrives.
  struct Link {
    SlotWait* wait;
    Executor executor;
  };

  Try TryTake(TimePoint now, backends::ReservedSlots& reserved) override;
  void Wake(Why why) override;
  void Woken();
  void Leave(backends::SlotQueue::Leaving why);

  const Fleet& fleet_;
  const std::shared_ptr<backends::SlotQueue> queue_;
  SlotWish wish_;
  const std::shared_ptr<Link> link_;
  Timer timer_;
  backends::SlotQueue::Joined joined_;
  bool waiting_ = false;                               // in the line, as far as this worker knows
  std::optional<backends::SlotQueue::Leaving> ended_;  // by End
  // Written under the queue's lock, and read after Leave or Woken.
  std::optional<Why> why_;
  std::optional<SlotLease> slot_;
};

}  // namespace headgate::gateway
