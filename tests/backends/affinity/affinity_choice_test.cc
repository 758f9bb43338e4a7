#include "backends/affinity/affinity_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

namespace headgate::backends {
namespace {

using ::testing::ElementsAreArray;

TEST(AffinityChoice, ChoosesAmongTheseReplicas) {
  const struct {
    std::string what;
    std::vector<AffinityReplica> replicas;
    std::size_t blocks;
    Affinity affinity;
    std::vector<std::size_t> candidates;
  } kCases[] = {
      {"without replicas there is no candidate", {}, 9, Affinity::kNone, {}},
      {"a prompt without blocks is placed by load", {{}, {}, {}}, 0, Affinity::kNone, {0, 1, 2}},
      {"a prompt that nobody knows is placed by load", {{}, {}}, 9, Affinity::kNone, {0, 1}},
      {"the longest match is followed",
       {{.in_flight = 1}, {.in_flight = 1, .matched = 8}, {.in_flight = 1, .matched = 3}},
       9,
       Affinity::kFollowed,
       {1}},
      {"a match that is nearly as long shares the load",
       {{.in_flight = 2, .matched = 6},
        {.in_flight = 2, .matched = 8},
        {.in_flight = 2, .matched = 5}},
       9,
       Affinity::kFollowed,
       {0, 1}},
      {"under a quarter of the prompt is not worth it",
       {{.matched = 2}, {}, {}},
       9,
       Affinity::kNone,
       {0, 1, 2}},
      {"a quarter is", {{.matched = 2}, {}, {}}, 8, Affinity::kFollowed, {0}},
      {"too much load lets another match in",
       {{.in_flight = 8, .matched = 8}, {.in_flight = 4, .matched = 4}, {.in_flight = 4}},
       9,
       Affinity::kShorter,
       {1}},
      {"too much load at all that match is an escape",
       {{.in_flight = 8, .matched = 8}, {.in_flight = 4}, {.in_flight = 4}},
       9,
       Affinity::kEscaped,
       {0, 1, 2}},
      {"no room is an escape, and the full replica is no candidate",
       {{.room = false, .in_flight = 4, .matched = 8}, {.in_flight = 4}, {.in_flight = 4}},
       9,
       Affinity::kEscaped,
       {1, 2}},
      {"if no replica has room, load decides",
       {{.room = false, .in_flight = 4, .matched = 8}, {.room = false, .in_flight = 4}},
       9,
       Affinity::kEscaped,
       {0, 1}},
      {"a replica that is not usable counts for nothing",
       {{.usable = false, .in_flight = 90, .matched = 8},
        {.in_flight = 1, .matched = 4},
        {.in_flight = 1}},
       9,
       Affinity::kFollowed,
       {1}},
      {"no replica is usable", {{.usable = false, .matched = 8}}, 9, Affinity::kNone, {}},
      {"the only replica takes everything",
       {{.in_flight = 7, .matched = 8}},
       9,
       Affinity::kFollowed,
       {0}},
      {"an idle pool follows its cache", {{}, {.matched = 1}}, 1, Affinity::kFollowed, {1}},
  };
  for (const auto& one : kCases) {
    const AffinityChoice choice = ChooseByAffinity(one.replicas, one.blocks);
    EXPECT_EQ(choice.affinity, one.affinity) << one.what;
    EXPECT_THAT(choice.candidates, ElementsAreArray(one.candidates)) << one.what;
  }
}

TEST(AffinityChoice, WhereAPromptIsSentDecidesWhatBecameOfIt) {
  // Nine blocks: a quarter is three. The last replica is not usable.
  const std::vector<AffinityReplica> replicas = {{.matched = 8},
                                                 {.matched = 6},
                                                 {.matched = 5},
                                                 {.matched = 2},
                                                 {.usable = false, .matched = 9}};
  const Affinity expected[] = {Affinity::kFollowed, Affinity::kFollowed, Affinity::kShorter,
                               Affinity::kEscaped, Affinity::kFollowed};
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    EXPECT_EQ(AffinityAt(replicas, i, 9), expected[i]) << i;
  }
  EXPECT_EQ(AffinityAt(std::span(replicas).subspan(3, 1), 0, 9), Affinity::kNone);
  EXPECT_EQ(AffinityAt(std::vector<AffinityReplica>(2), 0, 0), Affinity::kNone);
}

TEST(AffinityChoice, TheLimitIsAQuarterOverTheMeanRoundedUp) {
  EXPECT_EQ(AffinityLoadLimit(0, 4), 1);
  EXPECT_EQ(AffinityLoadLimit(4, 4), 2);   // 1.25 * 5 / 4 = 1.56
  EXPECT_EQ(AffinityLoadLimit(15, 4), 5);  // 1.25 * 16 / 4 = 5
  EXPECT_EQ(AffinityLoadLimit(16, 4), 6);  // 1.25 * 17 / 4 = 5.31
  EXPECT_EQ(AffinityLoadLimit(399, 4), 125);
  EXPECT_EQ(AffinityLoadLimit(5, 1), 8);
}

// Whatever is popular: no replica is filled beyond the limit for the sake of its cache.
TEST(AffinityChoice, AHotPrefixCannotFillAReplicaBeyondTheLimit) {
  std::vector<AffinityReplica> replicas(4);
  replicas[0].matched = 10;
  for (int requests = 0; requests < 1000; ++requests) {
    const AffinityChoice choice = ChooseByAffinity(replicas, 10);
    ASSERT_FALSE(choice.candidates.empty());
    std::size_t chosen = choice.candidates.front();
    for (const std::size_t candidate : choice.candidates) {
      if (replicas[candidate].in_flight < replicas[chosen].in_flight) chosen = candidate;
    }
    ++replicas[chosen].in_flight;
    replicas[chosen].matched = 10;
    EXPECT_LE(replicas[chosen].in_flight, AffinityLoadLimit(requests, 4));
  }
}

}  // namespace
}  // namespace headgate::backends
