// What a request counts for the team that owns its key.
#include <gtest/gtest.h>

#include "gateway/accounting/request_account.h"
#include "gateway/accounting/request_metrics.h"
#include "tests/gateway/daemon_fixture.h"

namespace headgate::gateway {
namespace {

TEST(TeamAccount, counts_cost_and_tokens_of_all_attempts) {
  const std::shared_ptr<const Snapshot> snapshot = InForce(R"(
server: {auth: keys}
backends:
  api: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: secret, models: {gpt-4.1: g}}
routes: [{name: all, targets: [gpt-4.1@api]}]
keys: [{name: one, team: red, hash: ["sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"]}]
)");
  ASSERT_NE(snapshot, nullptr);
  RequestAccount account;
  account.snapshot = snapshot;
  account.proxied = routing::Endpoint::kChat;
  account.classification.emplace();
  account.classification->request_class = routing::Class::kCode;
  account.key = 0;
  constexpr NanoUsd kCost = 7;
  for (const std::int64_t output : {20, 0}) {
    AttemptAccount& attempt = account.attempts.emplace_back();
    attempt.cost = kCost;
    attempt.usage.input = 100;
    attempt.usage.cached_input = 60;  // inside `input`
    attempt.usage.output = output;
  }
  SeriesCap cap(kMostSeries);
  MetricShard shard(cap);
  BookMetrics(account, shard);
  auto& team =
      shard.teams.Cell(snapshot->team_labels[0],
                       snapshot->class_labels[static_cast<std::size_t>(routing::Class::kCode)]);
  EXPECT_EQ(team.Of<TeamCostTotal>().Get(), 2 * kCost);
  EXPECT_EQ(team.Of<TeamTokensTotal>().Get(), 220);
}

}  // namespace
}  // namespace headgate::gateway
