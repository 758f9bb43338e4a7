#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/load.h"
#include "gateway/upkeep/fleet_replica.h"
#include "gateway/upkeep/rounds.h"

namespace headgate::gateway {
namespace {

std::shared_ptr<const Snapshot> SnapshotOf(const std::string& backends, LabelTable& labels) {
  config::LoadResult loaded = config::LoadText(
      absl::StrCat("server: {auth: none}\nroutes: [{name: all}]\nbackends:\n", backends),
      "test.yaml", [](const std::string&) { return std::nullopt; });
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    ADD_FAILURE() << config::ToString(diagnostic);
  }
  return *Snapshot::Make(*std::move(loaded.config), nullptr, labels);
}

TEST(RoundsTest, GoOnUntilTheContextStops) {
  asio::io_context io(1);
  std::vector<TimePoint> rounds;
  Rounds each(io, std::chrono::milliseconds(1), [&](TimePoint now) {
    rounds.push_back(now);
    if (rounds.size() == 3) io.stop();
  });
  const TimePoint begin = SteadyClock::now();
  each.Start();
  io.run();
  ASSERT_EQ(rounds.size(), 3u);
  EXPECT_GE(rounds[0] - begin, std::chrono::milliseconds(1));
  EXPECT_GE(rounds[1] - rounds[0], std::chrono::milliseconds(1));
  EXPECT_GE(rounds[2] - rounds[1], std::chrono::milliseconds(1));
}

TEST(FleetReplicaTest, IsOfASelfHostedBackendAndKeepsItsConfiguration) {
  LabelTable labels;
  std::shared_ptr<const Snapshot> snapshot = SnapshotOf(
      "  gpu: {hosting: self_hosted, replicas: ['http://10.0.0.1:8000', 'http://10.0.0.2:8000'], "
      "models: {qwen-2.5-32b: q}, slots: 4, cost: {per_replica_hour: 2}}\n"
      "  api: {hosting: paid_api, url: 'https://example.com/v1', api_key: k, models: {gpt-4.1: "
      "g}}\n"
      "  small: {hosting: self_hosted, replicas: ['http://10.0.0.3:8000'], models: {llama-4-scout: "
      "s}, slots: 4, cost: {per_replica_hour: 2}}\n",
      labels);
  const std::vector<FleetReplica> replicas = SelfHostedReplicas(snapshot);
  snapshot.reset();
  std::vector<std::string> found;
  for (const FleetReplica& replica : replicas) {
    EXPECT_TRUE(replica.circuit().IsUp());
    found.push_back(absl::StrCat(replica.backend().name, " ",
                                 replica.backend().upstream->replicas()[replica.index()].name));
  }
  EXPECT_EQ(found, (std::vector<std::string>{"gpu 10.0.0.1:8000", "gpu 10.0.0.2:8000",
                                             "small 10.0.0.3:8000"}));
}

}  // namespace
}  // namespace headgate::gateway
