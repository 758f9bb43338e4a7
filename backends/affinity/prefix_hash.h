#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "backends/protocols/values/body_facts.h"

namespace headgate::backends {

// The hashes of a prompt's beginnings. Element i stands for the first i + 1 blocks of the prompt,
// so two prompts have the same element i only if they agree in all these blocks. A prompt that is
// shorter than one block has none. Room for 16 KiB of text without an allocation.
using PrefixHashes = absl::InlinedVector<std::uint64_t, 16>;

// Returns the seed of the prompts that one team sends to one model; "" stands for requests without
// a key. Prompts with different seeds have no hash in common, so that teams never share a prefix.
// Pure.
std::uint64_t PrefixSeed(std::string_view model, std::string_view team);

// Hashes a prompt in blocks, each together with all blocks before it. The text is fed in the order
// of the conversation, so that the hashes of one turn are the first hashes of the next turn.
//
// A block is 1 KiB of text, and 4 KiB after the first 64 KiB. At most 128 blocks count, which are
// 320 KiB or about 80,000 tokens. 1 KiB is about 256 tokens, 16 blocks of vLLM's cache. Smaller
// blocks would find little more, and each block costs a lookup: the prefix plugin of the Gateway
// API Inference Extension, which llm-d uses, hashes blocks of 64 characters and stops after 16 KiB.
// Text behind the last whole block is not hashed, because the next turn continues that block.
//
// The hash multiplies 64 by 64 bits for each 16 bytes, as wyhash does (Wang Yi, 2019), and takes
// about 0.15 µs a KiB. absl's hash is not used because its values differ between processes. It
// does not defend against a client that searches for collisions with itself. Thread-compatible; one
// use.
class PrefixHasher {
 public:
  static constexpr std::size_t kSmallBlock = std::size_t{1} << 10;
  static constexpr std::size_t kLargeBlock = std::size_t{4} << 10;
  static constexpr std::size_t kSmallBlocks = 64;
  static constexpr std::size_t kMostHashes = 128;

  // `seed`: see PrefixSeed.
  explicit PrefixHasher(std::uint64_t seed);

  // Adds the next text. Its role counts as well as its words, and so does the place where it
  // begins. An empty text does not count. What lies beyond the last block is not read.
  void Add(TextRole role, std::string_view text);

  // Returns the hashes of all whole blocks.
  PrefixHashes Finish() { return std::move(hashes_); }

 private:
  void Absorb(std::string_view bytes);
  void EndBlock();

  std::uint64_t state_;
  std::uint64_t key_;
  std::size_t left_ = kSmallBlock;  // bytes that the current block still takes
  PrefixHashes hashes_;
};

}  // namespace headgate::backends
