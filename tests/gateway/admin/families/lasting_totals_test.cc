#include "gateway/admin/families/lasting_totals.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace headgate::gateway {
namespace {

constexpr backends::TimePoint kFirstScrape{std::chrono::hours(1)};

// A backend whose queue has granted so many slots to normal requests.
QueueState Granted(const std::string& backend, std::uint64_t granted) {
  QueueState state;
  state.backend = backend;
  state.queue.emplace().granted[1] = granted;
  return state;
}

TEST(LastingTotals, GoOnOverANewQueueAndOverARemoval) {
  LastingTotals totals;
  std::vector<QueueState> states = {Granted("gpu", 5)};
  totals.Apply(states, kFirstScrape);
  EXPECT_EQ(states[0].queue->granted[1], 5u);

  states = {Granted("gpu", 2)};  // a new queue has granted 2
  totals.Apply(states, kFirstScrape + std::chrono::seconds(15));
  EXPECT_EQ(states[0].queue->granted[1], 7u);
  states = {Granted("gpu", 3)};
  states[0].affinity = {1, 2, 3, 4};
  totals.Apply(states, kFirstScrape + std::chrono::seconds(30));
  EXPECT_EQ(states[0].queue->granted[1], 8u);

  states = {Granted("other", 1)};
  totals.Apply(states, kFirstScrape + std::chrono::seconds(45));
  ASSERT_EQ(states.size(), 2u);
  EXPECT_EQ(states[1].backend, "gpu");
  EXPECT_EQ(states[1].queue->granted[1], 8u);
  EXPECT_TRUE(states[1].replicas.empty());
  ASSERT_TRUE(states[1].affinity);
  EXPECT_EQ((*states[1].affinity)[3], 4u);

  states.clear();
  totals.Apply(states, kFirstScrape + std::chrono::hours(2));
  EXPECT_TRUE(states.empty()) << "a backend that is gone is forgotten after an hour";
}

TEST(LastingTotals, APaidApiHasNone) {
  LastingTotals totals;
  std::vector<QueueState> states(1);
  totals.Apply(states, kFirstScrape);
  EXPECT_EQ(states.size(), 1u);
  EXPECT_FALSE(states[0].queue);
}

}  // namespace
}  // namespace headgate::gateway
