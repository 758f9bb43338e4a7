#include "backends/affinity/prefix_hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/split_mix.h"

namespace headgate::backends {
namespace {

using Texts = std::vector<std::pair<TextRole, std::string>>;

PrefixHashes HashesOf(const Texts& texts, std::uint64_t seed = 1) {
  PrefixHasher hasher(seed);
  for (const auto& [role, text] : texts) hasher.Add(role, text);
  return hasher.Finish();
}

PrefixHashes HashesOfText(std::string_view text, std::uint64_t seed = 1) {
  return HashesOf({{TextRole::kUser, std::string(text)}}, seed);
}

std::string RandomText(std::size_t size, std::uint64_t seed) {
  config::SplitMix64 random(seed);
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>(random.Next() & 0xff);
  return text;
}

// Returns the number of leading hashes that are the same.
std::size_t Common(const PrefixHashes& a, const PrefixHashes& b) {
  std::size_t n = 0;
  while (n < a.size() && n < b.size() && a[n] == b[n]) ++n;
  return n;
}

TEST(PrefixHash, BlocksAreOneKibUpTo64KibAndThenFour) {
  const struct {
    std::size_t bytes;
    std::size_t blocks;
  } kCases[] = {{0, 0},         {1023, 0},        {1024, 1},      {2047, 1},
                {2048, 2},      {64 << 10, 64},   {68 << 10, 65}, {(68 << 10) - 1, 64},
                {72 << 10, 66}, {320 << 10, 128}, {1 << 20, 128}};
  for (const auto& [bytes, blocks] : kCases) {
    EXPECT_EQ(HashesOfText(RandomText(bytes, 3)).size(), blocks) << bytes;
  }
}

TEST(PrefixHash, TheHashesOfATurnAreTheFirstOfTheNextTurn) {
  Texts chat = {{TextRole::kSystem, RandomText(3000, 1)}};
  PrefixHashes last;
  for (std::uint64_t turn = 0; turn < 40; ++turn) {
    chat.emplace_back(TextRole::kUser, RandomText(1 + turn * 37 % 900, 10 + turn));
    const PrefixHashes hashes = HashesOf(chat);
    EXPECT_EQ(Common(last, hashes), last.size()) << turn;
    last = hashes;
    chat.emplace_back(TextRole::kAssistant, RandomText(1 + turn * 411 % 4000, 90 + turn));
  }
  EXPECT_GT(last.size(), 60u);
}

TEST(PrefixHash, ATextThatGrowsKeepsItsHashes) {
  const std::string text = RandomText(400 << 10, 5);
  const PrefixHashes whole = HashesOfText(text);
  for (const std::size_t bytes : {std::size_t{1500}, std::size_t{65 << 10}, std::size_t{99999}}) {
    const PrefixHashes part = HashesOfText(std::string_view(text).substr(0, bytes));
    EXPECT_EQ(Common(part, whole), part.size()) << bytes;
  }
}

TEST(PrefixHash, OneByteChangesItsBlockAndAllBlocksAfterIt) {
  std::string text = RandomText(100 << 10, 6);
  const PrefixHashes before = HashesOfText(text);
  for (const std::size_t at : {std::size_t{0}, std::size_t{1023}, std::size_t{1024},
                               std::size_t{5000}, std::size_t{70 << 10}}) {
    text[at] = static_cast<char>(text[at] ^ 1);
    const PrefixHashes after = HashesOfText(text);
    text[at] = static_cast<char>(text[at] ^ 1);
    const std::size_t block = at < (64 << 10) ? at >> 10 : 64 + ((at - (64 << 10)) >> 12);
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(after[i] == before[i], i < block) << at << ", block " << i;
    }
  }
}

TEST(PrefixHash, RolesAndBordersOfTextsCount) {
  const std::string a = RandomText(700, 7);
  const std::string b = RandomText(700, 8);
  const PrefixHashes hashes = HashesOf({{TextRole::kUser, a}, {TextRole::kAssistant, b}});
  ASSERT_EQ(hashes.size(), 1u);
  EXPECT_NE(HashesOf({{TextRole::kSystem, a}, {TextRole::kAssistant, b}}), hashes);
  EXPECT_NE(HashesOf({{TextRole::kUser, a}, {TextRole::kUser, b}}), hashes);
  EXPECT_NE(HashesOf({{TextRole::kUser, b}, {TextRole::kAssistant, a}}), hashes);
  EXPECT_NE(HashesOf({{TextRole::kUser, a + b.substr(0, 1)}, {TextRole::kAssistant, b.substr(1)}}),
            hashes);
  EXPECT_EQ(HashesOf({{TextRole::kUser, a}, {TextRole::kTool, ""}, {TextRole::kAssistant, b}}),
            hashes)
      << "an empty text does not count";
}

TEST(PrefixHash, ModelsAndTenantsShareNothing) {
  const std::string text = RandomText(64 << 10, 9);
  const std::vector<std::uint64_t> seeds = {PrefixSeed("m", "search"), PrefixSeed("n", "search"),
                                            PrefixSeed("m", "shop"), PrefixSeed("m", ""),
                                            PrefixSeed("ms", "earch")};
  std::vector<std::uint64_t> all;
  for (const std::uint64_t seed : seeds) {
    const PrefixHashes hashes = HashesOfText(text, seed);
    all.insert(all.end(), hashes.begin(), hashes.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

// The hash multiplies, so a factor 0 must not erase what came before.
TEST(PrefixHash, NoTextErasesTheTenant) {
  const std::uint64_t one = PrefixSeed("m", "one");
  const std::uint64_t two = PrefixSeed("m", "two");
  const std::uint64_t key = config::SplitMix64(one).Next();  // as PrefixHasher derives it
  std::string text;
  for (int i = 0; i < 64; ++i) {
    text.append(8, '\0');
    for (int byte = 0; byte < 8; ++byte) text += static_cast<char>(key >> (8 * byte) & 0xff);
  }
  ASSERT_EQ(text.size(), PrefixHasher::kSmallBlock);
  EXPECT_NE(HashesOfText(text, one), HashesOfText(text, two));
  EXPECT_NE(HashesOfText(text, one), HashesOfText(std::string(1024, '\0'), one));
}

// Changes each of many bits of the input, and counts how often each bit of the hash changes.
TEST(PrefixHash, EveryBitOfTheTextChangesHalfOfTheHash) {
  std::array<int, 64> changes{};
  double changed_bits = 0;
  int fewest = 64;
  int trials = 0;
  for (std::uint64_t sample = 0; sample < 8; ++sample) {
    std::string text = sample == 0 ? std::string(1024, 'a') : RandomText(1024, 100 + sample);
    const std::uint64_t before = HashesOfText(text).front();
    for (std::size_t bit = 0; bit < 8 * text.size(); bit += 5) {
      const auto flip = static_cast<char>(1 << (bit % 8));
      text[bit / 8] = static_cast<char>(text[bit / 8] ^ flip);
      const std::uint64_t difference = HashesOfText(text).front() ^ before;
      text[bit / 8] = static_cast<char>(text[bit / 8] ^ flip);
      for (std::size_t i = 0; i < 64; ++i) changes[i] += static_cast<int>(difference >> i & 1);
      changed_bits += std::popcount(difference);
      fewest = std::min(fewest, std::popcount(difference));
      ++trials;
    }
  }
  EXPECT_NEAR(changed_bits / trials, 32, 0.5);
  EXPECT_GE(fewest, 8);
  for (const int times : changes) EXPECT_NEAR(static_cast<double>(times) / trials, 0.5, 0.03);
}

}  // namespace
}  // namespace headgate::backends
