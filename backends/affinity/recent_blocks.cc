#include "backends/affinity/recent_blocks.h"

#include "config/base/check.h"

namespace headgate::backends {

RecentBlocks::RecentBlocks(std::size_t most) : most_(most) {
  HEADGATE_CHECK(most > 0 && most < kEnd);
}

void RecentBlocks::Use(std::uint64_t hash) {
  const auto found = nodes_of_.find(hash);
  if (found == nodes_of_.end()) {
    const Index node = TakeNode();
    nodes_[node].hash = hash;
    nodes_of_.emplace(hash, node);
    LinkAsNewest(node);
    return;
  }
  const Index node = found->second;
  if (node == newest_) return;
  Unlink(node);
  LinkAsNewest(node);
}

void RecentBlocks::Clear() {
  nodes_.clear();
  nodes_of_.clear();
  newest_ = oldest_ = kEnd;
}

// Returns a new node, or the oldest one if there may be no more.
RecentBlocks::Index RecentBlocks::TakeNode() {
  if (nodes_.size() < most_) {
    nodes_.emplace_back();
    return static_cast<Index>(nodes_.size() - 1);
  }
  const Index node = oldest_;
  nodes_of_.erase(nodes_[node].hash);
  Unlink(node);
  return node;
}

void RecentBlocks::Unlink(Index node) {
  const Node& gone = nodes_[node];
  (gone.newer == kEnd ? newest_ : nodes_[gone.newer].older) = gone.older;
  (gone.older == kEnd ? oldest_ : nodes_[gone.older].newer) = gone.newer;
}

void RecentBlocks::LinkAsNewest(Index node) {
  nodes_[node].newer = kEnd;
  nodes_[node].older = newest_;
  (newest_ == kEnd ? oldest_ : nodes_[newest_].newer) = node;
  newest_ = node;
}

}  // namespace headgate::backends
