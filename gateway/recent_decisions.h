#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "config/base/mutex.h"
#include "gateway/request_decision.h"
#include "gateway/request_record.h"
#include "gateway/snapshot.h"
#include "routing/decision.h"

namespace headgate::gateway {

// What the last requests of one worker were decided from, so that one can be explained afterwards
// by its id. Signals, facts and load only: nothing a client wrote is in them. One writer (the
// worker) and readers on the control thread; thread-safe, a leaf with its own lock.
class RecentDecisions {
 public:
  static constexpr std::size_t kKept = 1024;

  // `snapshot` decided; when a reload has replaced it and its last request is over, what it decided
  // can no longer be explained. Copies into room that is there: allocates nothing once full.
  void Keep(const RequestId& id, const std::shared_ptr<const Snapshot>& snapshot,
            const RequestDecision& made) EXCLUDES_LOCK(mutex_);

  struct Found {
    std::shared_ptr<const Snapshot> snapshot;
    routing::DecisionInput input;
    Continuation continuation = Continuation::kNone;
  };
  std::optional<Found> Find(std::string_view id) const EXCLUDES_LOCK(mutex_);

 private:
  struct Entry {
    RequestId id;
    std::weak_ptr<const Snapshot> snapshot;
    routing::DecisionInput input;
    Continuation continuation = Continuation::kNone;
  };
  mutable Mutex mutex_;
  std::vector<Entry> ring_ GUARDED_BY(mutex_);
  std::size_t next_ GUARDED_BY(mutex_) = 0;
};

}  // namespace headgate::gateway
