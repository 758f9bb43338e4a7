#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "backends/affinity/prefix_hash.h"

namespace headgate::backends {

class ReplicaPrefixes;

// By replica: how many blocks of a prompt, from its beginning, the replica was sent before.
using MatchedBlocks = absl::InlinedVector<std::uint8_t, 8>;

// Which beginnings of prompts the replicas of one backend were sent, and so probably have in their
// KV caches. It is a guess from our own requests, as in SGLang's router and in llm-d's prefix
// scorer: an engine also forgets, and other clients use it too. All workers share one index.
// Thread-safe.
//
// Each replica has a list of at most `blocks` hashes behind a mutex of its own. The list forgets
// the hash that was used least recently. A prompt's last block counts as used before its first one,
// so the end of a prompt is forgotten before its beginning, as in vLLM. Hence a replica that knows
// a block knows all blocks before it, and Match finds the end of them by bisection.
//
// Memory: at most 50 bytes a block, so 0.8 MB for a replica with 16,384 blocks, which are 16 MiB of
// text or about 4 million tokens. It grows with use.
class PrefixIndex {
 public:
  static constexpr std::size_t kBlocks = 16'384;

  // REQUIRES: blocks >= PrefixHasher::kMostHashes.
  explicit PrefixIndex(std::size_t replicas, std::size_t blocks = kBlocks);
  // Makes the index after a reload. The i-th replica is the previous index's number kept[i], which
  // both indexes then share, or a new replica if kept[i] is nullopt.
  PrefixIndex(const PrefixIndex& previous, const std::vector<std::optional<std::size_t>>& kept);
  PrefixIndex(const PrefixIndex&) = delete;
  PrefixIndex& operator=(const PrefixIndex&) = delete;
  ~PrefixIndex();

  // Returns the number of leading blocks of a prompt that each replica knows. Does not count as a
  // use. At most 8 lookups a replica.
  MatchedBlocks Match(const PrefixHashes& prompt) const;

  // Notes that a prompt is sent to a replica. To be called when the replica is chosen and not when
  // it has answered, so that the next request with the same beginning follows.
  void Note(const PrefixHashes& prompt, std::size_t replica);

  // Forgets all that a replica was sent: it was ejected or restarted, and its cache may be empty.
  void Forget(std::size_t replica);

  std::size_t size() const { return replicas_.size(); }
  // Returns how many blocks a replica is taken to know.
  std::size_t Blocks(std::size_t replica) const;

 private:
  const std::size_t blocks_;
  std::vector<std::shared_ptr<ReplicaPrefixes>> replicas_;  // shared with other generations
};

}  // namespace headgate::backends
