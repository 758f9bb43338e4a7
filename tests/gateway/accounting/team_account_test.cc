// What a request counts for the team that owns its key, and for its topic.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "gateway/accounting/request_account.h"
#include "gateway/accounting/request_log.h"
#include "gateway/accounting/request_metrics.h"
#include "tests/gateway/daemon_fixture.h"

namespace headgate::gateway {
namespace {

RequestAccount AccountOfFirstKey(const std::shared_ptr<const Snapshot>& snapshot) {
  RequestAccount account;
  account.snapshot = snapshot;
  account.proxied = routing::Endpoint::kChat;
  account.classification.emplace();
  account.key = 0;
  return account;
}

TEST(TeamAccount, counts_cost_and_tokens_of_all_attempts) {
  const std::shared_ptr<const Snapshot> snapshot = InForce(R"(
server: {auth: keys}
backends:
  api: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: secret, models: {gpt-4.1: g}}
routes: [{name: all, targets: [gpt-4.1@api]}]
keys: [{name: one, team: red, hash: ["sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"]}]
)");
  ASSERT_NE(snapshot, nullptr);
  RequestAccount account = AccountOfFirstKey(snapshot);
  account.classification->request_class = routing::Class::kCode;
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

TEST(TopicAccount, counts_topics_with_what_decided_them_and_logs_the_confidence) {
  const std::shared_ptr<const Snapshot> snapshot = InForce(R"(
server: {auth: none}
backends:
  api: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: secret, models: {gpt-4.1: g}}
routes: [{name: all, targets: [gpt-4.1@api]}]
)");
  ASSERT_NE(snapshot, nullptr);
  SeriesCap cap(kMostSeries);
  MetricShard shard(cap);
  RequestAccount account;
  account.snapshot = snapshot;
  account.proxied = routing::Endpoint::kChat;
  for (const auto& [confidence, said] :
       {std::pair(0.5874f, "0.587"), std::pair(0.05f, "0.050"), std::pair(1.0f, "1.000")}) {
    account.classification.emplace();
    account.classification->topic_reason = routing::Reason::kAbstained;
    account.classification->topic_confidence = confidence;
    BookMetrics(account, shard);
    std::string line;
    AppendLogLine(account, "now", line);
    const std::string field =
        std::string(R"("topic_reason":"abstained","topic_confidence":)") + said + ",";
    EXPECT_NE(line.find(field), std::string::npos) << line;
  }
  const LabelId general =
      snapshot->topic_labels[static_cast<std::size_t>(routing::Topic::kGeneral)];
  EXPECT_EQ(shard.topics.Cell(general, routing::Reason::kAbstained).Get(), 3);
  EXPECT_EQ(shard.topics.Cell(general, routing::Reason::kModel).Get(), 0);
}

// A paid API has no slots: only the time at the backend of our own counts.
TEST(TeamAccount, counts_the_time_in_slots_and_queues_of_self_hosted_backends) {
  const std::shared_ptr<const Snapshot> snapshot = InForce(R"(
server: {auth: keys}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1"], models: {qwen-2.5-32b: q}, slots: 4, cost: {per_replica_hour: 2}}
  api: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: secret, models: {gpt-4.1: g}}
routes: [{name: all, targets: [qwen-2.5-32b@gpu, gpt-4.1@api], prefer: ordered}]
keys: [{name: one, team: red, hash: ["sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"]}]
)");
  ASSERT_NE(snapshot, nullptr);
  RequestAccount account = AccountOfFirstKey(snapshot);
  account.queued = std::chrono::milliseconds(250);
  for (std::size_t target = 0; target < snapshot->policy->targets().size(); ++target) {
    AttemptAccount& attempt = account.attempts.emplace_back();
    attempt.target = target;
    attempt.started = TimePoint(std::chrono::seconds(10));
    attempt.ended = attempt.started + std::chrono::seconds(3);
  }
  SeriesCap cap(kMostSeries);
  MetricShard shard(cap);
  BookMetrics(account, shard);
  auto& team = shard.team_slots.Cell(snapshot->team_labels[0]);
  EXPECT_EQ(team.Of<TeamSlotSeconds>().Get(), 3'000'000'000);
  EXPECT_EQ(team.Of<TeamQueueSeconds>().Get(), 250'000'000);
}

}  // namespace
}  // namespace headgate::gateway
