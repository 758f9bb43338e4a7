#include "gateway/explain/recent_decisions.h"

#include <algorithm>
#include <utility>

namespace headgate::gateway {

const RecentDecisions::DecidingConfig* RecentDecisions::DecidingConfigOf(
    std::uint64_t generation) const {
  const auto found =
      std::find_if(configs_.rbegin(), configs_.rend(),
                   [&](const DecidingConfig& config) { return config.generation == generation; });
  return found == configs_.rend() ? nullptr : &*found;
}

std::size_t RecentDecisions::Keep(const RequestId& id, const Snapshot& snapshot,
                                  const RequestDecision& decision) {
  MutexLock lock(mutex_);
  if (DecidingConfigOf(snapshot.generation) == nullptr) {
    configs_.push_back({snapshot.generation, snapshot.config, snapshot.policy});
    if (configs_.size() > kKeptConfigs) configs_.pop_front();
  }
  if (ring_.size() < kKept) {
    ring_.push_back(
        {id, snapshot.generation, decision.input(), decision.continuation(), std::nullopt});
    return ring_.size() - 1;
  }
  const std::size_t place = next_;
  Entry& entry = ring_[place];
  entry.id = id;
  entry.generation = snapshot.generation;
  entry.input = decision.input();
  entry.continuation = decision.continuation();
  entry.refused.reset();
  next_ = (next_ + 1) % kKept;
  return place;
}

void RecentDecisions::NoteRefused(std::size_t place, const RequestId& id, LateRefusal refusal) {
  MutexLock lock(mutex_);
  if (place >= ring_.size() || ring_[place].id.View() != id.View()) return;
  ring_[place].refused = std::move(refusal);
}

std::optional<RecentDecisions::Found> RecentDecisions::Find(std::string_view id) const {
  MutexLock lock(mutex_);
  for (const Entry& entry : ring_) {
    if (entry.id.View() != id) continue;
    const DecidingConfig* const deciding = DecidingConfigOf(entry.generation);
    if (deciding == nullptr) return std::nullopt;
    return Found{*deciding, entry.input, entry.continuation, entry.refused};
  }
  return std::nullopt;
}

}  // namespace headgate::gateway
