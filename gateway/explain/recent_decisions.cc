#include "gateway/explain/recent_decisions.h"

#include <algorithm>
#include <utility>

namespace headgate::gateway {

const RecentDecisions::Ruling* RecentDecisions::RulingOf(std::uint64_t generation) const {
  const auto found = std::find_if(rulings_.rbegin(), rulings_.rend(), [&](const Ruling& ruling) {
    return ruling.generation == generation;
  });
  return found == rulings_.rend() ? nullptr : &*found;
}

void RecentDecisions::Keep(const RequestId& id, const Snapshot& snapshot,
                           const RequestDecision& made) {
  MutexLock lock(mutex_);
  if (RulingOf(snapshot.generation) == nullptr) {
    rulings_.push_back({snapshot.generation, snapshot.config, snapshot.policy});
    if (rulings_.size() > kKeptRulings) rulings_.pop_front();
  }
  if (ring_.size() < kKept) {
    ring_.push_back({id, snapshot.generation, made.input(), made.continuation()});
    return;
  }
  Entry& entry = ring_[next_];
  entry.id = id;
  entry.generation = snapshot.generation;
  entry.input = made.input();
  entry.continuation = made.continuation();
  next_ = (next_ + 1) % kKept;
}

std::optional<RecentDecisions::Found> RecentDecisions::Find(std::string_view id) const {
  MutexLock lock(mutex_);
  for (const Entry& entry : ring_) {
    if (entry.id.View() != id) continue;
    const Ruling* const ruling = RulingOf(entry.generation);
    if (ruling == nullptr) return std::nullopt;
    return Found{*ruling, entry.input, entry.continuation};
  }
  return std::nullopt;
}

}  // namespace headgate::gateway
