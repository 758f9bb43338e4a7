#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace headgate::backends {

// A set of hashes of bounded size, which forgets the hash that was used least recently. Takes about
// 35 to 50 bytes a hash: 16 in the list, and 17 for each place of a table of which 7/16 to 7/8
// are taken.
// Thread-compatible.
class RecentBlocks {
 public:
  // REQUIRES: 0 < most < 2^32 - 1.
  explicit RecentBlocks(std::size_t most);

  bool Has(std::uint64_t hash) const { return nodes_of_.contains(hash); }
  // Adds a hash, or makes it the one that was used last.
  void Use(std::uint64_t hash);
  void Clear();
  std::size_t size() const { return nodes_of_.size(); }

 private:
  using Index = std::uint32_t;
  static constexpr Index kEnd = std::numeric_limits<Index>::max();
  // The hashes are a doubly linked list in one block of memory, by index.
  struct Node {
    std::uint64_t hash = 0;
    Index newer = kEnd;
    Index older = kEnd;
  };
  // The hashes are random already.
  struct AsItIs {
    std::size_t operator()(std::uint64_t hash) const { return hash; }
  };
  Index TakeNode();
  void Unlink(Index node);
  void LinkAsNewest(Index node);

  const std::size_t most_;
  std::vector<Node> nodes_;
  absl::flat_hash_map<std::uint64_t, Index, AsItIs> nodes_of_;
  Index newest_ = kEnd;
  Index oldest_ = kEnd;
};

}  // namespace headgate::backends
