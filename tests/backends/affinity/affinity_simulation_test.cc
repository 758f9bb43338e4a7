#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "tests/backends/affinity/chat_simulation.h"

namespace headgate::backends {
namespace {

using Placement = ChatSimulation::Placement;
using Result = ChatSimulation::Result;

constexpr int kConversations = 200;
constexpr double kMostLoadRatio = 1.3;  // issue 15: the highest load to the mean load

// The same chats, placed in three ways.
struct Comparison {
  Comparison(std::uint64_t seed, std::size_t cache_tokens)
      : random(Run(Placement::kRandom, seed, cache_tokens)),
        by_load(Run(Placement::kLeastInFlight, seed, cache_tokens)),
        affinity(Run(Placement::kAffinity, seed, cache_tokens)) {
    std::printf("cache of %6zu tokens a replica, seed %d: %.2f times the cached tokens of random\n",
                cache_tokens, static_cast<int>(seed), Gain());
    Print("random", random);
    Print("least in flight", by_load);
    Print("affinity", affinity);
    const auto& times = affinity.affinities;
    std::printf("  affinity was followed %d times, to a shorter match %d, escaped %d, without %d\n",
                times[1], times[2], times[3], times[0]);
  }
  double Gain() const { return affinity.cached_tokens / random.cached_tokens; }
  // Of the cached tokens that are possible, the part that was reached.
  double Attained() const { return affinity.cached_tokens / affinity.attainable_tokens; }

  Result random;
  Result by_load;
  Result affinity;

 private:
  static Result Run(Placement placement, std::uint64_t seed, std::size_t cache_tokens) {
    return ChatSimulation({.placement = placement, .seed = seed, .cache_tokens = cache_tokens})
        .Run(kConversations);
  }
  static void Print(const char* placement, const Result& result) {
    std::printf(
        "  %-15s cached %4.1f %% of %.1fM tokens (possible %4.1f %%), TTFT %3.0f ms, max/mean of "
        "requests %.2f, in flight %.2f\n",
        placement, 100 * result.cached_tokens / result.prompt_tokens, result.prompt_tokens / 1e6,
        100 * result.attainable_tokens / result.prompt_tokens, result.mean_ttft_ms,
        result.served_ratio, result.in_flight_ratio);
  }
};

void ExpectEvenAndFast(const Comparison& chats) {
  EXPECT_EQ(chats.affinity.prompt_tokens, chats.random.prompt_tokens) << "the same chats";
  EXPECT_LE(chats.affinity.served_ratio, kMostLoadRatio);
  EXPECT_LE(chats.affinity.in_flight_ratio, kMostLoadRatio);
  EXPECT_LT(chats.affinity.mean_ttft_ms, chats.by_load.mean_ttft_ms);
}

// Caches that hold the chats of their own replica, and not those of the whole pool.
TEST(AffinitySimulation, CachesUnderPressureHitNearlyTwiceAsOftenAsByChance) {
  constexpr int kSeeds = 4;
  double gains = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Comparison chats(seed, 16'000);
    ExpectEvenAndFast(chats);
    EXPECT_GE(chats.Gain(), 1.8);
    gains += chats.Gain();
  }
  std::printf("mean gain %.2f\n", gains / kSeeds);
}

// A large cache keeps a chat at every replica that once served it, so chance finds 60 % and nothing
// can find 1.8 times as much. Affinity still finds most of what is possible.
TEST(AffinitySimulation, WhateverTheCacheTheLoadIsEvenAndTheFirstTokenFaster) {
  for (const std::size_t cache_tokens : {8'000u, 24'000u, 40'000u, 200'000u}) {
    const Comparison chats(1, cache_tokens);
    ExpectEvenAndFast(chats);
    EXPECT_GE(chats.Gain(), 1.3);
    if (cache_tokens >= 24'000) {
      EXPECT_GE(chats.Attained(), 0.9);
    }
  }
}

}  // namespace
}  // namespace headgate::backends
