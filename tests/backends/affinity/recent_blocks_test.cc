#include "backends/affinity/recent_blocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <list>

#include "config/base/split_mix.h"

namespace headgate::backends {
namespace {

TEST(RecentBlocks, TheLeastRecentlyUsedIsForgotten) {
  RecentBlocks blocks(3);
  for (const std::uint64_t hash : {1u, 2u, 3u}) blocks.Use(hash);
  blocks.Use(1);
  blocks.Use(4);
  EXPECT_TRUE(blocks.Has(1) && blocks.Has(3) && blocks.Has(4));
  EXPECT_FALSE(blocks.Has(2));
  EXPECT_EQ(blocks.size(), 3u);
}

TEST(RecentBlocks, ARoomForOneHasTheLast) {
  RecentBlocks blocks(1);
  for (const std::uint64_t hash : {7u, 7u, 8u}) blocks.Use(hash);
  EXPECT_FALSE(blocks.Has(7));
  EXPECT_TRUE(blocks.Has(8));
}

TEST(RecentBlocks, ClearedItTakesNewOnes) {
  RecentBlocks blocks(2);
  blocks.Use(1);
  blocks.Use(2);
  blocks.Clear();
  EXPECT_EQ(blocks.size(), 0u);
  EXPECT_FALSE(blocks.Has(1));
  for (const std::uint64_t hash : {3u, 4u, 5u}) blocks.Use(hash);
  EXPECT_FALSE(blocks.Has(3));
  EXPECT_TRUE(blocks.Has(4) && blocks.Has(5));
}

TEST(RecentBlocks, DoesWhatASimpleListDoes) {
  constexpr std::size_t kMost = 50;
  RecentBlocks blocks(kMost);
  std::list<std::uint64_t> simple;
  config::SplitMix64 random(3);
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t hash = random.Next() % 90;
    EXPECT_EQ(blocks.Has(hash), std::count(simple.begin(), simple.end(), hash) == 1);
    blocks.Use(hash);
    simple.remove(hash);
    simple.push_front(hash);
    if (simple.size() > kMost) simple.pop_back();
    ASSERT_EQ(blocks.size(), simple.size());
  }
}

}  // namespace
}  // namespace headgate::backends
