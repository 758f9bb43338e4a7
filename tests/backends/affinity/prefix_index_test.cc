#include "backends/affinity/prefix_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <thread>
#include <vector>

#include "config/base/split_mix.h"

namespace headgate::backends {
namespace {

using ::testing::ElementsAre;

// The hashes of a prompt of `blocks` blocks, which begins as other prompts of the same `text` do.
PrefixHashes Prompt(std::uint64_t text, std::size_t blocks) {
  config::SplitMix64 random(text);
  PrefixHashes hashes;
  for (std::size_t i = 0; i < blocks; ++i) hashes.push_back(random.Next());
  return hashes;
}

// A prompt that shares its first `shared` blocks with `other`, and then goes its own way.
PrefixHashes Branch(const PrefixHashes& other, std::size_t shared, std::uint64_t text,
                    std::size_t blocks) {
  PrefixHashes hashes = Prompt(text, blocks);
  std::copy_n(other.begin(), shared, hashes.begin());
  return hashes;
}

TEST(PrefixIndex, TellsHowMuchOfAPromptEachReplicaWasSent) {
  PrefixIndex index(3);
  index.Note(Prompt(1, 10), 0);
  index.Note(Prompt(1, 4), 2);
  EXPECT_THAT(index.Match(Prompt(1, 12)), ElementsAre(10, 0, 4));
  EXPECT_THAT(index.Match(Prompt(1, 7)), ElementsAre(7, 0, 4));
  EXPECT_THAT(index.Match(Branch(Prompt(1, 3), 3, 2, 9)), ElementsAre(3, 0, 3));
  EXPECT_THAT(index.Match(Prompt(3, 9)), ElementsAre(0, 0, 0));
  EXPECT_EQ(index.Blocks(0), 10u);
}

TEST(PrefixIndex, APromptWithoutBlocksMatchesNothing) {
  PrefixIndex index(2);
  index.Note(PrefixHashes(), 1);
  EXPECT_THAT(index.Match(PrefixHashes()), ElementsAre(0, 0));
  EXPECT_EQ(index.Blocks(1), 0u);
}

TEST(PrefixIndex, ForgetsOneReplicaOnly) {
  PrefixIndex index(2);
  index.Note(Prompt(1, 5), 0);
  index.Note(Prompt(1, 5), 1);
  index.Forget(0);
  EXPECT_THAT(index.Match(Prompt(1, 5)), ElementsAre(0, 5));
  index.Note(Prompt(1, 2), 0);
  EXPECT_THAT(index.Match(Prompt(1, 5)), ElementsAre(2, 5));
}

TEST(PrefixIndex, TheEndOfAPromptIsForgottenBeforeItsBeginning) {
  PrefixIndex index(1, 200);
  index.Note(Prompt(1, 100), 0);
  index.Note(Prompt(2, 120), 0);
  EXPECT_THAT(index.Match(Prompt(1, 100)), ElementsAre(80));
  EXPECT_THAT(index.Match(Prompt(2, 120)), ElementsAre(120));
  EXPECT_EQ(index.Blocks(0), 200u);
}

// Match looks for the end by bisection, so a replica that knows a block must know all before it.
TEST(PrefixIndex, WhateverIsForgottenNoPromptHasAGap) {
  PrefixIndex index(1, PrefixHasher::kMostHashes);
  config::SplitMix64 random(4);
  std::vector<PrefixHashes> prompts;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const std::size_t blocks = 1 + random.Next() % 128;
    if (prompts.empty() || i % 3 == 0) {
      prompts.push_back(Prompt(i, blocks));
    } else {
      const PrefixHashes& other = prompts[random.Next() % prompts.size()];
      const std::size_t shared = std::min(blocks, 1 + random.Next() % other.size());
      prompts.push_back(Branch(other, shared, i, blocks));
    }
    index.Note(prompts.back(), 0);
    ASSERT_EQ(index.Match(prompts.back()).front(), blocks);
    const PrefixHashes& seen = prompts[random.Next() % prompts.size()];
    const std::size_t matched = index.Match(seen).front();
    for (std::size_t n = 0; n < seen.size(); ++n) {
      PrefixHashes alone = {seen[n]};  // one block is looked up by itself
      ASSERT_EQ(index.Match(alone).front() == 1, n < matched) << i << ", block " << n;
    }
  }
}

TEST(PrefixIndex, AReloadKeepsWhatTheKeptReplicasKnow) {
  PrefixIndex before(3);
  for (std::size_t i = 0; i < 3; ++i) before.Note(Prompt(i, i + 1), i);
  PrefixIndex after(before, {2, std::nullopt, 0});
  EXPECT_EQ(after.size(), 3u);
  EXPECT_THAT(after.Match(Prompt(2, 5)), ElementsAre(3, 0, 0));
  EXPECT_THAT(after.Match(Prompt(0, 5)), ElementsAre(0, 0, 1));
  before.Note(Prompt(9, 6), 2);  // of a request that began before the reload
  EXPECT_THAT(after.Match(Prompt(9, 6)), ElementsAre(6, 0, 0));
}

TEST(PrefixIndex, WorkersShareIt) {
  constexpr std::size_t kThreads = 4;
  PrefixIndex index(2, 500);
  std::vector<std::thread> workers;
  for (std::size_t worker = 0; worker < kThreads; ++worker) {
    workers.emplace_back([&index, worker] {
      for (std::uint64_t i = 0; i < 500; ++i) {
        const PrefixHashes prompt = Prompt(i % 20, 1 + (i + worker) % 60);
        for (const std::uint8_t matched : index.Match(prompt)) EXPECT_LE(matched, prompt.size());
        index.Note(prompt, worker % 2);
        if (i % 100 == 99) index.Forget(worker % 2);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_LE(index.Blocks(0), 500u);
  index.Forget(0);
  EXPECT_EQ(index.Blocks(0), 0u);
}

}  // namespace
}  // namespace headgate::backends
