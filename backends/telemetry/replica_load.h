#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "backends/telemetry/engine_load.h"
#include "backends/upstream/circuit_breaker.h"
#include "backends/upstream/upstream.h"

namespace headgate::backends {

// What the engine of one replica last said of its load. One poller writes, and all workers read.
//
// Own counts come first: they are exact and immediate. The engine's figures only tell what other
// clients do there. Its figure and our count are not read at the same instant: a request of ours
// may have ended here and still run there, or the other way round, and then the difference is not
// another client. So the poller passes the larger of our counts before and after the poll, and a
// request of another client counts only if two polls in a row found it. The same holds for the KV
// cache: what is used there beyond the tokens of our requests is used by others.
//
// Thread-safe: every figure is an atomic of its own. A reader beside the writer may see figures of
// two polls, each of which was true.
class ReplicaLoad {
 public:
  static constexpr std::chrono::milliseconds kInterval{1000};  // between two polls
  static constexpr std::chrono::milliseconds kFresh = 3 * kInterval;

  // What our own requests take at the replica.
  struct OwnLoad {
    int requests = 0;  // as the engine counts them: each choice of each prompt is one
    // Their tokens (SlotCount::tokens) as a part of the replica's slot tokens. 1 if others cannot
    // be told apart: without slot tokens, or if the engine's figure counts more than running
    // requests.
    double kv = 1;
    // The engine's figures are of the same time. Else they say nothing of other clients.
    bool comparable = true;
  };
  // Returns what our requests took while `question` was asked, from what they took before and after
  // it. If the engine's figures lag while it is idle, they are comparable only if it surely was
  // busy: with requests of ours, before and after.
  static OwnLoad During(const LoadQuestion& question, const OwnLoad& before, const OwnLoad& after);
  // Notes what the engine said at `now`. `own`: what ran there then. For one thread.
  void Note(const EngineLoad& load, const OwnLoad& own, Clock::time_point now);

  // Returns how many requests of other clients the engine has, running or in its queue: the smaller
  // of the last two polls. 0 if that is not known, or if either poll's figure was old.
  int Others(Clock::time_point now) const;
  // Returns the part of the KV cache that other clients use, 0..1, by the same rule.
  double KvOfOthers(Clock::time_point now) const;
  // Returns the part of the KV cache in use, 0..1, or nullopt if that is not known.
  std::optional<double> KvUsed(Clock::time_point now) const;
  // Returns what the engine said, or nullopt if that is kFresh ago or longer.
  std::optional<EngineLoad> Latest(Clock::time_point now) const;
  bool stale(Clock::time_point now) const;
  // Returns whether the engine said something within `span` before `now`.
  bool ToldWithin(std::chrono::nanoseconds span, Clock::time_point now) const;

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();
  static constexpr int kUnknown = -1;

  std::atomic<std::int64_t> noted_ns_{kNever};  // of the clock
  std::atomic<int> running_{kUnknown};
  std::atomic<int> waiting_{kUnknown};
  std::atomic<int> slots_{kUnknown};
  std::atomic<int> loaded_models_{kUnknown};
  std::atomic<double> kv_used_{kUnknown};
  std::atomic<int> difference_{kUnknown};  // of the last poll: the engine's count less ours
  std::atomic<int> others_{0};
  std::atomic<double> kv_difference_{kUnknown};
  std::atomic<double> kv_of_others_{0};
};

// By replica of a backend.
using ReplicaLoads = std::vector<std::shared_ptr<ReplicaLoad>>;

// Returns the loads of `now` after a reload: those of `before`, by `upstream_before`, for the same
// URLs, asked in the same way, and fresh ones for all others. `upstream_before`: null at the start.
ReplicaLoads LoadsOf(const Upstream& now, const Upstream* upstream_before,
                     const ReplicaLoads& before);

}  // namespace headgate::backends
