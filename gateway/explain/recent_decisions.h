#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "config/base/mutex.h"
#include "gateway/accounting/late_refusal.h"
#include "gateway/accounting/request_account.h"
#include "gateway/decide/request_decision.h"
#include "gateway/snapshot/snapshot.h"
#include "routing/decide/decision.h"

namespace headgate::gateway {

// The inputs of the last decisions of one worker, so that a request can be explained afterwards by
// its id. Signals, facts, load and refusals only: no text of a client. One writer (the worker) and
// readers on the control thread; thread-safe, a leaf with its own lock.
class RecentDecisions {
 public:
  static constexpr std::size_t kKept = 4096;
  // The number of configurations that are kept: the last configurations that decided a request
  // here.
  static constexpr std::size_t kKeptConfigs = 4;

  // The configuration that decided a request.
  struct DecidingConfig {
    std::uint64_t generation = 0;
    std::shared_ptr<const config::Config> config;
    std::shared_ptr<const routing::CompiledPolicy> policy;
  };

  // Keeps `decision`, which `snapshot` made. Allocates nothing once full. Returns its place.
  std::size_t Keep(const RequestId& id, const Snapshot& snapshot, const RequestDecision& decision)
      EXCLUDES_LOCK(mutex_);

  // Notes that the request, kept at `place`, was refused after its decision. Does nothing if it is
  // not kept any more.
  void NoteRefused(std::size_t place, const RequestId& id, LateRefusal refusal)
      EXCLUDES_LOCK(mutex_);

  struct Found {
    DecidingConfig deciding;
    routing::DecisionInput input;
    Continuation continuation = Continuation::kNone;
    std::optional<LateRefusal> refused;  // after its decision
  };
  std::optional<Found> Find(std::string_view id) const EXCLUDES_LOCK(mutex_);

 private:
  struct Entry {
    RequestId id;
    std::uint64_t generation = 0;
    routing::DecisionInput input;
    Continuation continuation = Continuation::kNone;
    std::optional<LateRefusal> refused;
  };
  const DecidingConfig* DecidingConfigOf(std::uint64_t generation) const REQUIRES_LOCK(mutex_);

  mutable Mutex mutex_;
  std::vector<Entry> ring_ GUARDED_BY(mutex_);
  std::size_t next_ GUARDED_BY(mutex_) = 0;
  std::deque<DecidingConfig> configs_ GUARDED_BY(mutex_);  // the latest comes last
};

}  // namespace headgate::gateway
