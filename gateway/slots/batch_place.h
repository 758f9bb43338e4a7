#pragma once

#include <functional>
#include <memory>

#include "backends/net/types.h"
#include "backends/scheduler/batch_hold.h"

namespace headgate::gateway {

// Lets the queue move a running batch attempt aside, until it is chosen to answer its client. An
// order that is still on its way when the place is destroyed has no effect. Worker-bound; the queue
// may tell it from any thread.
class BatchPlace final : private backends::Preemptible {
 public:
  // `move_aside` is called on the worker, at most once, while the place exists.
  // `replica`: where the attempt runs; outlives the place. `tokens`: the room that it takes there.
  BatchPlace(const Executor& executor, std::shared_ptr<backends::SlotQueue> queue,
             const backends::SlotCount& replica, std::int64_t tokens,
             std::function<void()> move_aside);
  ~BatchPlace() override;
  BatchPlace(const BatchPlace&) = delete;
  BatchPlace& operator=(const BatchPlace&) = delete;

 private:
  // The way from the queue to the attempt, which may be gone when the message arrives.
  struct Link {
    Executor executor;
    std::function<void()> move_aside;  // empty: it is gone
  };

  void MoveAside() override;

  const std::shared_ptr<Link> link_;
  backends::BatchHold hold_;
};

}  // namespace headgate::gateway
