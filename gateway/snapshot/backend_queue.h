#pragma once

#include <memory>
#include <vector>

#include "backends/scheduler/slot_queue.h"
#include "backends/upstream/replica_set.h"
#include "backends/upstream/upstream.h"
#include "config/config.h"

namespace headgate::gateway {

backends::SlotQueue::Settings QueueSettings(const config::Backend& backend);

// Makes the queue of a self-hosted backend over the slots of its replicas. `previous`: the queue of
// its previous list of replicas, or null.
std::shared_ptr<backends::SlotQueue> MakeQueue(const config::Backend& backend,
                                               const backends::ReplicaSet& replicas,
                                               const backends::SlotQueue* previous);

// Returns whether both have the same replicas in the same order, so that one queue serves both.
bool SameReplicas(const backends::Upstream& a, const backends::Upstream& b);

// The queues of replica lists that a reload has replaced. Requests that began with an old
// configuration may still wait there. Thread-compatible: changed only before it is in use.
class RetiredQueues {
 public:
  // Takes over what `previous` knows and somebody may still use.
  void AdoptFrom(const RetiredQueues& previous);
  void Add(const std::shared_ptr<backends::SlotQueue>& queue) { queues_.push_back(queue); }
  void Kick(backends::TimePoint now) const;

 private:
  std::vector<std::shared_ptr<backends::SlotQueue>> queues_;
};

}  // namespace headgate::gateway
