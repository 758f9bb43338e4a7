#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backends/scheduler/slot_queue.h"
#include "gateway/admin/families/queue_families.h"

namespace headgate::gateway {

// The totals of queues as counters that never fall. A reload that changes the replicas of a backend
// makes a new queue, which counts from 0, and one that removes the backend leaves none. The totals
// go on from what the last scrape saw; what came between that scrape and the reload is lost. A
// backend that is gone is forgotten after an hour. For one thread.
class LastingTotals {
 public:
  static constexpr std::chrono::hours kRemembered{1};

  // Replaces the totals of `states` by lasting ones, and adds backends that are gone.
  void Apply(std::vector<QueueState>& states, backends::TimePoint now);

 private:
  struct Totals {
    backends::SlotQueue::Figures before;  // of former queues
    backends::SlotQueue::Figures seen;    // of the queue at the last scrape
    // Their counts go on by themselves, but may have no place any more.
    std::optional<PrefixAffinity::Counts> affinity;
    backends::TimePoint last_seen{};
  };
  std::map<std::string, Totals> totals_;  // by backend
};

}  // namespace headgate::gateway
