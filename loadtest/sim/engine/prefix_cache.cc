#include "loadtest/sim/engine/prefix_cache.h"

#include <algorithm>

namespace headgate::loadtest::sim {

std::int64_t PrefixCache::Match(std::span<const std::uint64_t> prompt) const {
  std::int64_t matched = 0;
  for (const std::uint64_t block : prompt) {
    if (!places_.contains(block)) break;
    ++matched;
  }
  return matched;
}

void PrefixCache::Insert(std::span<const std::uint64_t> prompt) {
  // From the end, so that the first block is the most recent. What exceeds the capacity is left
  // out.
  for (std::size_t i = std::min(prompt.size(), capacity_); i > 0; --i) {
    const std::uint64_t block = prompt[i - 1];
    const auto found = places_.find(block);
    if (found != places_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      continue;
    }
    if (places_.size() == capacity_) {
      places_.erase(recent_.back());
      recent_.pop_back();
    }
    recent_.push_front(block);
    places_[block] = recent_.begin();
  }
}

void PrefixCache::Clear() {
  recent_.clear();
  places_.clear();
}

}  // namespace headgate::loadtest::sim
