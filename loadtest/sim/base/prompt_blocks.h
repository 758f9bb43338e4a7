// The blocks of a prompt that a prefix cache knows: hashes of 16 tokens each, chained, so that
// equal hashes mean equal prompts up to the end of the block. The text of a message counts, and its
// role. What is left at the end, less than a block, has no hash. *thread-compatible*
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace headgate::loadtest::sim {

class PromptBlocks {
 public:
  static constexpr std::int64_t kBlockTokens = 16;

  // Begins a prompt. Prompts with different seeds have no block in common. Before this call, and in
  // a default object, nothing is hashed.
  void Begin(std::string_view seed);
  // Begins a message of `role`.
  void Message(std::string_view role);
  void Text(std::string_view text);

  std::span<const std::uint64_t> hashes() const { return hashes_; }

 private:
  // 16 tokens of the simulator, which are four bytes each.
  static constexpr std::size_t kBlockBytes = 64;

  void Close();

  bool begun_ = false;
  std::uint64_t chain_ = 0;
  std::array<char, kBlockBytes> open_{};  // the block that is not yet full
  std::size_t filled_ = 0;
  std::vector<std::uint64_t> hashes_;
};

}  // namespace headgate::loadtest::sim
