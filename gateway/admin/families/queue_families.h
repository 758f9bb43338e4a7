#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/scheduler/slot_queue.h"
#include "gateway/metrics/registry.h"
#include "gateway/snapshot/fleet.h"

namespace headgate::gateway {

// What runs at the replicas of one backend and what waits for them, at one moment, as metrics and
// as a part of /status. A value.
struct QueueState {
  struct Replica {
    std::string name;
    int slots = 0;                   // 0: not limited
    int busy = 0;                    // requests of this gateway
    bool down = false;               // ejected: its slots are not counted as slots of the backend
    int others = 0;                  // slots that other clients of the engine take
    std::int64_t slot_tokens = 0;    // 0: not limited
    std::int64_t tokens = 0;         // of this gateway's requests
    std::int64_t others_tokens = 0;  // slot tokens that other clients take
  };
  std::string backend;
  std::vector<Replica> replicas;
  std::optional<backends::SlotQueue::Figures> queue;  // nullopt: a paid API, which has no slots
  std::optional<PrefixAffinity::Counts> affinity;     // nullopt: less than two replicas of our own
};

// Reads the state of one backend. Takes the lock of its queue once. Thread-safe.
QueueState QueueStateOf(const BackendState& backend, backends::TimePoint now);

// Reads the state of all backends. Of those that are no longer configured the counters go on for an
// hour.
std::vector<QueueState> QueueStatesOf(const Fleet& fleet, backends::TimePoint now);

// Appends the families about slots and queues. Pure.
void AppendQueueFamilies(const std::vector<QueueState>& backends, FamilySet::Families& families);

// Returns the queue of a backend: its slots and who holds them, and by band who waits and how long
// a newcomer would wait, in milliseconds. Empty if it has none. Pure.
boost::json::object QueueJson(const QueueState& state);
// Returns the load of one replica: requests in flight, and slots and tokens where it has limits.
// Pure.
boost::json::object ReplicaLoadJson(const QueueState::Replica& replica);

}  // namespace headgate::gateway
