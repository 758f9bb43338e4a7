#include "gateway/recent_decisions.h"

namespace headgate::gateway {

void RecentDecisions::Keep(const RequestId& id, const std::shared_ptr<const Snapshot>& snapshot,
                           const RequestDecision& made) {
  MutexLock lock(mutex_);
  if (ring_.size() < kKept) {
    ring_.push_back({id, snapshot, made.input(), made.continuation()});
    return;
  }
  Entry& entry = ring_[next_];
  entry.id = id;
  entry.snapshot = snapshot;
  entry.input = made.input();
  entry.continuation = made.continuation();
  next_ = (next_ + 1) % kKept;
}

std::optional<RecentDecisions::Found> RecentDecisions::Find(std::string_view id) const {
  MutexLock lock(mutex_);
  for (const Entry& entry : ring_) {
    if (entry.id.View() != id) continue;
    std::shared_ptr<const Snapshot> snapshot = entry.snapshot.lock();
    if (snapshot == nullptr) return std::nullopt;
    return Found{std::move(snapshot), entry.input, entry.continuation};
  }
  return std::nullopt;
}

}  // namespace headgate::gateway
