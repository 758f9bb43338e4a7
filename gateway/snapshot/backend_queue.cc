#include "gateway/snapshot/backend_queue.h"

#include <algorithm>

namespace headgate::gateway {

backends::SlotQueue::Settings QueueSettings(const config::Backend& backend) {
  return {
      .limit = backend.queue_limit, .batch_floor = backend.batch.floor, .preempt = backend.preempt};
}

std::shared_ptr<backends::SlotQueue> MakeQueue(const config::Backend& backend,
                                               const backends::ReplicaSet& replicas,
                                               const backends::SlotQueue* previous) {
  backends::SlotCounts slots;
  for (std::size_t i = 0; i < replicas.size(); ++i) slots.push_back(replicas.shared_slots(i));
  return backends::SlotQueue::Make(std::move(slots), QueueSettings(backend), previous);
}

bool SameReplicas(const backends::Upstream& a, const backends::Upstream& b) {
  return std::equal(a.replicas().begin(), a.replicas().end(), b.replicas().begin(),
                    b.replicas().end(),
                    [](const auto& x, const auto& y) { return x.url == y.url; });
}

void RetiredQueues::AdoptFrom(const RetiredQueues& previous) {
  for (const std::shared_ptr<backends::SlotQueue>& queue : previous.queues_) {
    // One pointer is that of `previous`: the fleet that the queue belonged to is gone.
    if (queue.use_count() > 1) queues_.push_back(queue);
  }
}

void RetiredQueues::Kick(backends::TimePoint now) const {
  for (const std::shared_ptr<backends::SlotQueue>& queue : queues_) {
    if (queue->HasWaiters()) queue->Kick(now);
  }
}

}  // namespace headgate::gateway
