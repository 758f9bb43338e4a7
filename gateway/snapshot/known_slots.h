#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "backends/scheduler/slot_queue.h"
#include "gateway/snapshot/prefix_affinity.h"

namespace headgate::gateway {

// What runs at replicas and waits at backends, over reloads that remove a replica or a backend and
// name it again. Slots are known for as long as some fleet uses them, so that they are not given
// twice. Queues and counts are known for an hour longer, because a counter may not fall.
// Thread-compatible: changed only before it is in use.
class KnownSlots {
 public:
  static constexpr std::chrono::hours kRemembered{1};

  struct Backend {
    std::shared_ptr<backends::SlotQueue> queue;
    PrefixAffinity::SharedCounts affinity;  // null: it never had two replicas
    backends::TimePoint last_use;
  };

  // Returns what is known of a backend, which is in use at `now`. A new one has no queue.
  Backend& Use(const std::string& backend, backends::TimePoint now);
  void Forget(backends::TimePoint now);
  const std::map<std::string, Backend>& backends() const { return backends_; }

  void Add(const std::string& backend, const std::string& url,
           const std::shared_ptr<backends::SlotCount>& slots);
  // Null: not known.
  std::shared_ptr<backends::SlotCount> SlotsOf(const std::string& backend,
                                               const std::string& url) const;

  // Kicks the queues with waiters.
  void Kick(backends::TimePoint now) const;

 private:
  std::map<std::string, Backend> backends_;
  std::map<std::pair<std::string, std::string>, std::weak_ptr<backends::SlotCount>> slots_;
};

}  // namespace headgate::gateway
