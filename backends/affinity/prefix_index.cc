#include "backends/affinity/prefix_index.h"

#include <algorithm>

#include "backends/affinity/recent_blocks.h"
#include "config/base/check.h"
#include "config/base/mutex.h"

namespace headgate::backends {

// What one replica was sent. A mutex for each replica instead of one for all: a note takes
// microseconds for a long prompt, and concerns one replica. Thread-safe.
class ReplicaPrefixes {
 public:
  explicit ReplicaPrefixes(std::size_t blocks) : known_(blocks) {}

  std::size_t Match(const PrefixHashes& prompt) const {
    MutexLock lock(mutex_);
    const auto end = std::partition_point(prompt.begin(), prompt.end(),
                                          [this](std::uint64_t hash)
                                              REQUIRES_LOCK(mutex_) { return known_.Has(hash); });
    return static_cast<std::size_t>(end - prompt.begin());
  }

  void Note(const PrefixHashes& prompt) {
    MutexLock lock(mutex_);
    std::for_each(prompt.rbegin(), prompt.rend(),
                  [this](std::uint64_t hash) REQUIRES_LOCK(mutex_) { known_.Use(hash); });
  }

  void Forget() {
    MutexLock lock(mutex_);
    known_.Clear();
  }

  std::size_t size() const {
    MutexLock lock(mutex_);
    return known_.size();
  }

 private:
  mutable Mutex mutex_;
  RecentBlocks known_ GUARDED_BY(mutex_);
};

PrefixIndex::PrefixIndex(std::size_t replicas, std::size_t blocks) : blocks_(blocks) {
  HEADGATE_CHECK(blocks >= PrefixHasher::kMostHashes);
  for (std::size_t i = 0; i < replicas; ++i) {
    replicas_.push_back(std::make_shared<ReplicaPrefixes>(blocks));
  }
}

PrefixIndex::PrefixIndex(const PrefixIndex& previous,
                         const std::vector<std::optional<std::size_t>>& kept)
    : blocks_(previous.blocks_) {
  for (const std::optional<std::size_t>& index : kept) {
    replicas_.push_back(index ? previous.replicas_[*index]
                              : std::make_shared<ReplicaPrefixes>(blocks_));
  }
}

PrefixIndex::~PrefixIndex() = default;

MatchedBlocks PrefixIndex::Match(const PrefixHashes& prompt) const {
  static_assert(PrefixHasher::kMostHashes <= 255);
  MatchedBlocks matched(replicas_.size(), 0);
  if (prompt.empty()) return matched;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    matched[i] = static_cast<std::uint8_t>(replicas_[i]->Match(prompt));
  }
  return matched;
}

void PrefixIndex::Note(const PrefixHashes& prompt, std::size_t replica) {
  if (!prompt.empty()) replicas_[replica]->Note(prompt);
}

void PrefixIndex::Forget(std::size_t replica) { replicas_[replica]->Forget(); }

std::size_t PrefixIndex::Blocks(std::size_t replica) const { return replicas_[replica]->size(); }

}  // namespace headgate::backends
