// The prefix cache of one engine: hashes of prompt blocks (base/prompt_blocks.h), the least
// recently used forgotten first. Blocks at the end of a prompt are forgotten before those in front
// of them, because a block without its prefix is useless. *worker-bound*
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <unordered_map>

namespace headgate::loadtest::sim {

class PrefixCache {
 public:
  // `blocks` is the capacity; with 0 nothing is ever cached.
  explicit PrefixCache(std::int64_t blocks) : capacity_(static_cast<std::size_t>(blocks)) {}

  bool enabled() const { return capacity_ > 0; }
  // Returns how many blocks from the start of `prompt` are cached.
  std::int64_t Match(std::span<const std::uint64_t> prompt) const;
  // Notes that `prompt` has been computed.
  void Insert(std::span<const std::uint64_t> prompt);
  void Clear();
  std::int64_t blocks() const { return static_cast<std::int64_t>(places_.size()); }

 private:
  std::size_t capacity_;
  std::list<std::uint64_t> recent_;  // the most recently used first
  std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> places_;
};

}  // namespace headgate::loadtest::sim
