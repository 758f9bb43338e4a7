#include "backends/affinity/prefix_hash.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "config/base/split_mix.h"

namespace headgate::backends {
namespace {

// Any numbers without a pattern would do; these are the first three of SplitMix64 from the seed 15.
constexpr std::uint64_t NthConstant(int n) {
  config::SplitMix64 constants(15);
  std::uint64_t value = constants.Next();
  for (int i = 0; i < n; ++i) value = constants.Next();
  return value;
}
constexpr std::uint64_t kOfLength = NthConstant(0);
constexpr std::uint64_t kOfRole = NthConstant(1);
constexpr std::uint64_t kOfBlock = NthConstant(2);

constexpr std::size_t kStep = 16;  // bytes for each multiplication

// Multiplies to 128 bits and folds the halves: every bit of the result depends on every bit of
// both.
std::uint64_t Fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// The state is kept beside the product. A text whose bytes make one factor 0 would otherwise erase
// it, and with it the tenant.
std::uint64_t Next(std::uint64_t state, std::uint64_t key, std::uint64_t first,
                   std::uint64_t second) {
  return Fold(state ^ first, key ^ second) ^ std::rotl(state, 23);
}

std::uint64_t Word(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

std::uint64_t AbsorbInto(std::uint64_t state, std::uint64_t key, std::string_view bytes) {
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= kStep; left -= kStep, at += kStep) {
    state = Next(state, key, Word(at), Word(at + sizeof(std::uint64_t)));
  }
  char rest[kStep] = {};
  if (left > 0) std::memcpy(rest, at, left);  // an empty view may have no address
  state = Next(state, key, Word(rest), Word(rest + sizeof(std::uint64_t)));
  return Next(state, key, bytes.size(), kOfLength);
}

}  // namespace

std::uint64_t PrefixSeed(std::string_view model, std::string_view team) {
  std::uint64_t seed = kOfBlock;
  for (const std::string_view name : {model, team}) seed = AbsorbInto(seed, kOfRole, name);
  return config::SplitMix64(seed).Next();
}

PrefixHasher::PrefixHasher(std::uint64_t seed)
    : state_(seed), key_(config::SplitMix64(seed).Next()) {}

void PrefixHasher::Add(TextRole role, std::string_view text) {
  if (text.empty()) return;
  state_ = Next(state_, key_, static_cast<std::uint64_t>(role), kOfRole);
  while (!text.empty() && hashes_.size() < kMostHashes) {
    const std::size_t taken = std::min(text.size(), left_);
    Absorb(text.substr(0, taken));
    text.remove_prefix(taken);
    left_ -= taken;
    if (left_ == 0) EndBlock();
  }
}

void PrefixHasher::Absorb(std::string_view bytes) { state_ = AbsorbInto(state_, key_, bytes); }

void PrefixHasher::EndBlock() {
  hashes_.push_back(Fold(state_ ^ key_, kOfBlock));
  left_ = hashes_.size() < kSmallBlocks ? kSmallBlock : kLargeBlock;
}

}  // namespace headgate::backends
