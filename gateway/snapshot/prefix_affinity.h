#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "backends/affinity/affinity_choice.h"
#include "backends/affinity/prefix_hash.h"
#include "backends/affinity/prefix_index.h"
#include "backends/upstream/replica_set.h"

namespace headgate::gateway {

// Sends a prompt to a replica that has its beginning in its cache, unless that replica has too much
// to do. One for each self-hosted backend with more than one replica; of more than 64 replicas,
// only the first 64 are preferred for their caches. Shared by all workers; thread-safe.
class PrefixAffinity {
 public:
  // Prompts that were sent to a replica, by what became of their affinity (backends::Affinity),
  // since the start of the process.
  using Counts = std::array<std::uint64_t, 4>;
  using SharedCounts = std::shared_ptr<std::array<std::atomic<std::uint64_t>, 4>>;
  static SharedCounts MakeCounts() { return std::make_shared<SharedCounts::element_type>(); }
  static Counts Read(const SharedCounts& counts);

  PrefixAffinity(std::size_t replicas, SharedCounts counts);
  // After a reload: see PrefixIndex. The counts go on.
  PrefixAffinity(const PrefixAffinity& previous,
                 const std::vector<std::optional<std::size_t>>& kept);

  // `replicas` are those of the backend.

  // Returns the replicas to choose among, as ReplicaSet::Ask::preferred. `ask` has all but its
  // preference.
  std::uint64_t Prefer(const backends::PrefixHashes& prompt, const backends::ReplicaSet& replicas,
                       const backends::ReplicaSet::Ask& ask) const;
  // Notes that a prompt is sent to the replica `taken`, and counts what became of its affinity.
  void Note(const backends::PrefixHashes& prompt, const backends::ReplicaSet& replicas,
            const backends::ReplicaSet::Ask& ask, std::size_t taken);
  // Forgets what ejected replicas were sent: their servers may have been started anew.
  void ForgetEjected(const backends::ReplicaSet& replicas, backends::Clock::time_point now);

  Counts counts() const { return Read(counts_); }

 private:
  using States = absl::InlinedVector<backends::AffinityReplica, 8>;
  States StatesOf(const backends::PrefixHashes& prompt, const backends::ReplicaSet& replicas,
                  const backends::ReplicaSet::Ask& ask) const;

  backends::PrefixIndex index_;
  const SharedCounts counts_;
};

}  // namespace headgate::gateway
