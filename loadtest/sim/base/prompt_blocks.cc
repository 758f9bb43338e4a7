#include "loadtest/sim/base/prompt_blocks.h"

#include <algorithm>
#include <cstring>

namespace headgate::loadtest::sim {
namespace {

// One step of a multiply-and-fold hash. It is not cryptographic, which a simulator does not need.
std::uint64_t Mix(std::uint64_t chain, std::uint64_t word) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{(chain ^ word) + 0x5851F42D4C957F2DU} * 0xD1342543DE82EF95U;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

}  // namespace

void PromptBlocks::Begin(std::string_view seed) {
  *this = PromptBlocks();
  begun_ = true;
  for (const char c : seed) chain_ = Mix(chain_, static_cast<unsigned char>(c) + 1U);
}

void PromptBlocks::Message(std::string_view role) {
  Text("\n<");
  Text(role);
  Text(">");
}

void PromptBlocks::Text(std::string_view text) {
  if (!begun_) return;
  while (!text.empty()) {
    const std::size_t taken = std::min(text.size(), kBlockBytes - filled_);
    std::memcpy(open_.data() + filled_, text.data(), taken);
    filled_ += taken;
    text.remove_prefix(taken);
    if (filled_ == kBlockBytes) Close();
  }
}

void PromptBlocks::Close() {
  for (std::size_t at = 0; at < kBlockBytes; at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, open_.data() + at, sizeof(word));
    chain_ = Mix(chain_, word);
  }
  filled_ = 0;
  hashes_.push_back(chain_);
}

}  // namespace headgate::loadtest::sim
