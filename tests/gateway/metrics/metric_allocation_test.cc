// Counting does not allocate once a cell exists, because it happens for every request.
#include <gtest/gtest.h>

#include <chrono>

#include "gateway/metrics/shard.h"
#include "tests/support/allocations.h"

namespace headgate::gateway {
namespace {

void Count(MetricShard& shard) {
  auto& cell = shard.requests.Cell(2, 3, 4);
  cell.Of<RequestsTotal>()[RequestOutcome::kOk].Add(1);
  cell.Of<TokensTotal>()[TokenKind::kInput].Add(100);
  cell.Of<CostTotal>().Add(5);
  shard.latencies.Cell(3, 4).Of<RequestDuration>().Observe(std::chrono::milliseconds(20));
  shard.targets.Cell(4).Of<AttemptsTotal>()[backends::AttemptResult::kOk].Add(1);
  shard.teams.Cell(5, 3).Of<TeamCostTotal>().Add(5);
  shard.queue_waits.Cell(3).Observe(std::chrono::milliseconds(2));
  shard.spilled.Cell(2, 4)[SpillReason::kWaited].Add(1);
  shard.spilled_costs.Cell(2).Add(5);
  shard.moved_aside.Cell(4).Of<MovedAsideTotal>().Add(1);
  shard.classified.Cell(3, routing::Reason::kDefault).Add(1);
  shard.topics.Cell(4, routing::Reason::kModel).Add(1);
  shard.overhead[routing::Endpoint::kChat].Observe(std::chrono::microseconds(80));
  shard.rejected[Rejection::kModel].Add(1);
  shard.in_flight.Add(1);
}

TEST(MetricShard, counts_without_taking_memory_after_a_cells_first_use) {
  // The second cap folds every series: folded series must count as cheaply as others.
  for (const std::size_t most : {kMostSeries, std::size_t{0}}) {
    SeriesCap cap(most);
    MetricShard shard(cap);
    EXPECT_GT(AllocationsIn([&shard] { Count(shard); }), 0u);
    EXPECT_EQ(AllocationsIn([&shard] {
                for (int i = 0; i < 1000; ++i) Count(shard);
              }),
              0u);
    EXPECT_EQ(shard.in_flight.Get(), 1001);
  }
}

}  // namespace
}  // namespace headgate::gateway
