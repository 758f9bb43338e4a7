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
    kFullQueue,  // too many wait there already, or this request had to make room for others
    kUnusable,   // no replica of the target may be asked any more
    kLeft,       // another target takes the request
    kOver        // the time is over, or End was called
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
  // Ends the wait: the client is gone, or a drain has ended.
  void End();

  bool ended() const { return ended_; }  // by End

  // Returns what was granted. REQUIRES: Until returned kGranted.
  SlotLease TakeSlot();
  // Returns how long a request would wait there, as predicted when this request came.
  backends::Duration predicted() const { return predicted_; }

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
  void Leave();

  const Fleet& fleet_;
  const std::shared_ptr<backends::SlotQueue> queue_;
  SlotWish wish_;
  const std::shared_ptr<Link> link_;
  Timer timer_;
  backends::Duration predicted_{0};
  bool waiting_ = false;  // in the line, as far as this worker knows
  bool ended_ = false;
  // Written under the queue's lock, and read after Leave or Woken.
  std::optional<Why> why_;
  std::optional<SlotLease> slot_;
};

}  // namespace headgate::gateway
