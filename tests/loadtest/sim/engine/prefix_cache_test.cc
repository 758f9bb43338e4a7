#include "loadtest/sim/engine/prefix_cache.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "loadtest/sim/base/prompt_blocks.h"

namespace headgate::loadtest::sim {
namespace {

std::vector<std::uint64_t> Hashes(const PromptBlocks& prompt) {
  return {prompt.hashes().begin(), prompt.hashes().end()};
}

PromptBlocks PromptOf(std::string_view seed, std::initializer_list<std::string> texts) {
  PromptBlocks prompt;
  prompt.Begin(seed);
  for (const std::string& text : texts) {
    prompt.Message("user");
    prompt.Text(text);
  }
  return prompt;
}

TEST(PromptBlocksTest, LongerPromptKeepsTheBlocksOfItsPrefix) {
  const std::string text(1000, 'a');
  const auto turn = Hashes(PromptOf("m", {text}));
  const auto next = Hashes(PromptOf("m", {text, std::string(500, 'b')}));
  ASSERT_EQ(turn.size(), (1000u + 7) / 64);
  ASSERT_GT(next.size(), turn.size());
  EXPECT_TRUE(std::equal(turn.begin(), turn.end(), next.begin()));
}

TEST(PromptBlocksTest, SplitOfTheTextDoesNotCount) {
  const std::string text(300, 'x');
  PromptBlocks pieces = PromptOf("m", {});
  pieces.Message("user");
  for (std::size_t at = 0; at < text.size(); at += 7) pieces.Text(text.substr(at, 7));
  EXPECT_EQ(Hashes(pieces), Hashes(PromptOf("m", {text})));
}

TEST(PromptBlocksTest, SeedRoleAndEarlierTextCount) {
  const std::string text(200, 'x');
  const auto usual = Hashes(PromptOf("m", {text}));
  const auto other_seed = Hashes(PromptOf("n", {text}));
  PromptBlocks other_role;
  other_role.Begin("m");
  other_role.Message("tool");
  other_role.Text(text);
  const auto other_start = Hashes(PromptOf("m", {"y" + text}));
  for (std::size_t i = 0; i < usual.size(); ++i) {
    EXPECT_NE(usual[i], other_seed[i]);
    EXPECT_NE(usual[i], other_role.hashes()[i]);
    EXPECT_NE(usual[i], other_start[i]);
  }
}

TEST(PromptBlocksTest, NothingIsHashedBeforeTheBeginning) {
  PromptBlocks prompt;
  prompt.Message("user");
  prompt.Text(std::string(1000, 'x'));
  EXPECT_TRUE(prompt.hashes().empty());
}

using Blocks = std::vector<std::uint64_t>;

TEST(PrefixCacheTest, MatchesFromTheStartOnly) {
  PrefixCache cache(10);
  cache.Insert(Blocks{1, 2, 3});
  EXPECT_EQ(cache.Match(Blocks{1, 2, 3, 4}), 3);
  EXPECT_EQ(cache.Match(Blocks{1, 9, 3}), 1);
  EXPECT_EQ(cache.Match(Blocks{2, 3}), 2);  // equal hashes are equal prefixes
  EXPECT_EQ(cache.Match(Blocks{9, 1}), 0);
  cache.Clear();
  EXPECT_EQ(cache.Match(Blocks{1}), 0);
}

TEST(PrefixCacheTest, ForgetsTheLeastRecentPromptFromItsEnd) {
  PrefixCache cache(6);
  cache.Insert(Blocks{1, 2, 3});
  cache.Insert(Blocks{11, 12, 13});
  cache.Insert(Blocks{1, 2, 3});
  cache.Insert(Blocks{21, 22});
  EXPECT_EQ(cache.blocks(), 6);
  EXPECT_EQ(cache.Match(Blocks{1, 2, 3}), 3);
  EXPECT_EQ(cache.Match(Blocks{11, 12, 13}), 1);
  EXPECT_EQ(cache.Match(Blocks{21, 22}), 2);
}

TEST(PrefixCacheTest, KeepsTheStartOfAPromptThatIsTooLong) {
  PrefixCache cache(3);
  cache.Insert(Blocks{1, 2, 3, 4, 5});
  EXPECT_EQ(cache.Match(Blocks{1, 2, 3, 4, 5}), 3);
  PrefixCache none(0);
  none.Insert(Blocks{1});
  EXPECT_FALSE(none.enabled());
  EXPECT_EQ(none.Match(Blocks{1}), 0);
}

}  // namespace
}  // namespace headgate::loadtest::sim
