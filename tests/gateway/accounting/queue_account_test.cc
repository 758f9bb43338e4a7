// What full backends did to a request: as metrics, in the access log, and for clients that ask.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "gateway/accounting/request_account.h"
#include "gateway/accounting/request_books.h"
#include "gateway/accounting/request_log.h"
#include "gateway/accounting/request_metrics.h"
#include "gateway/relay/exposed_fields.h"
#include "tests/gateway/daemon_fixture.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Why = SpilledFrom::Why;

constexpr std::string_view kPoolAndApis = R"(
server: {auth: none}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1"], models: {qwen-2.5-32b: q}, slots: 4, cost: {per_replica_hour: 2}}
  api: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: secret, models: {gpt-4.1: g, gpt-4.1-mini: m}}
routes: [{name: all, targets: [qwen-2.5-32b@gpu, gpt-4.1@api, gpt-4.1-mini@api], prefer: ordered}]
)";

class QueueAccount : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(snapshot_, nullptr);
    account_.snapshot = snapshot_;
    account_.proxied = routing::Endpoint::kChat;
    account_.classification.emplace();
    account_.classification->request_class = routing::Class::kBatch;
    account_.route = 0;
  }
  std::size_t Target(std::string_view name) const {
    std::size_t i = 0;
    while (snapshot_->policy->targets()[i].name != name) ++i;
    return i;
  }
  AttemptAccount& Attempt(std::size_t target, NanoUsd cost,
                          AttemptResult result = AttemptResult::kOk) {
    AttemptAccount attempt;
    attempt.target = target;
    attempt.cost = cost;
    attempt.result = result;
    account_.attempts.push_back(attempt);
    return account_.attempts.back();
  }
  void Left(std::size_t target, Why why, nanoseconds waited) {
    account_.spilled.push_back({target, why, waited});
  }
  void Book() { BookMetrics(account_, shard_); }
  // Books the request, with this table of conversations.
  void Note(ConversationTable& table) {
    ClockText clock;
    RequestBooks(nullptr, table, shard_, clock).Book(account_);
  }
  // How many requests the histogram of waits has, and their sum.
  decltype(QueueWait::Totals{}) Waits() {
    QueueWait::Totals totals;
    shard_.queue_waits
        .Cell(snapshot_->class_labels[static_cast<std::size_t>(routing::Class::kBatch)])
        .AddTo(totals);
    return totals;
  }
  std::int64_t Waited() {
    std::int64_t sum = 0;
    for (const std::int64_t n : Waits().counts) sum += n;
    return sum;
  }
  std::int64_t Spilled(std::size_t target, Why why) {
    return shard_.spilled.Cell(snapshot_->route_labels[0], snapshot_->target_labels[target])[why]
        .Get();
  }
  NanoUsd SpilledCost() { return shard_.spilled_costs.Cell(snapshot_->route_labels[0]).Get(); }
  std::string LogLine() const {
    std::string line;
    AppendLogLine(account_, "now", line);
    return line;
  }
  void ExpectLogged(std::string_view text) const {
    EXPECT_NE(LogLine().find(text), std::string::npos) << LogLine();
  }

  std::shared_ptr<const Snapshot> snapshot_ = InForce(std::string(kPoolAndApis));
  const std::size_t gpu_ = Target("qwen-2.5-32b@gpu");
  const std::size_t api_ = Target("gpt-4.1@api");
  const std::size_t mini_ = Target("gpt-4.1-mini@api");
  SeriesCap cap_{kMostSeries};
  MetricShard shard_{cap_};
  RequestAccount account_;
};

TEST_F(QueueAccount, AFreeSlotIsAWaitOfZero) {
  Attempt(gpu_, 5);
  Book();
  EXPECT_EQ(Waited(), 1);
  EXPECT_EQ(Waits().counts.front(), 1);
  EXPECT_EQ(Waits().sum_ns, 0);
  EXPECT_EQ(LogLine().find("queued_ms"), std::string::npos) << LogLine();
  EXPECT_EQ(LogLine().find("spilled"), std::string::npos) << LogLine();
}

TEST_F(QueueAccount, APaidApiHasNoQueue) {
  Attempt(api_, 5);
  Book();
  EXPECT_EQ(Waited(), 0);
  EXPECT_EQ(SpilledCost(), 0);
}

TEST_F(QueueAccount, ARequestWaitsOnceHoweverManyQueuesItWasIn) {
  Attempt(gpu_, 3, AttemptResult::kMovedAside).waited = milliseconds(20);
  Attempt(gpu_, 5).waited = milliseconds(300);
  account_.queued = milliseconds(320);
  Book();
  EXPECT_EQ(Waited(), 1);
  EXPECT_EQ(Waits().sum_ns, nanoseconds(milliseconds(320)).count());
  ExpectLogged(R"("queued_ms":320.000,)");
  ExpectLogged(R"("result":"moved_aside","queued_ms":20.000,)");
  ExpectLogged(R"("result":"ok","queued_ms":300.000,)");
}

TEST_F(QueueAccount, AWaitInVainCounts) {
  account_.queued = milliseconds(1500);
  account_.rejection = Rejection::kQueueFull;
  Book();
  EXPECT_EQ(Waits().sum_ns, nanoseconds(milliseconds(1500)).count());
  EXPECT_EQ(shard_.rejected[Rejection::kQueueFull].Get(), 1);
  ExpectLogged(R"("rejected":"queue_full")");
  ExpectLogged(R"("queued_ms":1500.000,)");
}

TEST_F(QueueAccount, ASpilledRequestSaysWhatItLeftAndWhy) {
  Left(gpu_, Why::kWaited, milliseconds(50));
  account_.queued = milliseconds(50);
  Attempt(api_, 700);
  Book();
  EXPECT_EQ(Spilled(gpu_, Why::kWaited), 1);
  EXPECT_EQ(Spilled(gpu_, Why::kDecided), 0);
  EXPECT_EQ(SpilledCost(), 700);
  EXPECT_EQ(Waits().sum_ns, nanoseconds(milliseconds(50)).count());
  ExpectLogged(
      R"("spilled":[{"target":"qwen-2.5-32b@gpu","why":"waited","ms":50.000}],"attempts":)");
}

TEST_F(QueueAccount, ARequestThatSpillsAtOnceHasNotWaited) {
  Left(gpu_, Why::kDecided, nanoseconds(0));
  Attempt(api_, 700);
  Book();
  EXPECT_EQ(Spilled(gpu_, Why::kDecided), 1);
  EXPECT_EQ(Waited(), 0);
  ExpectLogged(R"("spilled":[{"target":"qwen-2.5-32b@gpu","why":"decided"}],)");
}

// What the request cost at the target that it left is not a cost of leaving it.
TEST_F(QueueAccount, TheCostOfASpillIsThatOfTheOtherTargets) {
  Attempt(gpu_, 40, AttemptResult::kMovedAside);
  Left(gpu_, Why::kFullQueue, nanoseconds(0));
  Attempt(api_, 700, AttemptResult::kStatus5xx);
  Attempt(mini_, 60);
  Book();
  EXPECT_EQ(SpilledCost(), 760);
  EXPECT_EQ(Spilled(gpu_, Why::kFullQueue), 1);
}

TEST_F(QueueAccount, MovedAsideAttemptsAreCountedWithTheirCost) {
  Attempt(gpu_, 40, AttemptResult::kMovedAside);
  Attempt(gpu_, 2, AttemptResult::kMovedAside);
  Attempt(gpu_, 500);
  Book();
  auto& cell = shard_.moved_aside.Cell(snapshot_->target_labels[gpu_]);
  EXPECT_EQ(cell.Of<MovedAsideTotal>().Get(), 2);
  EXPECT_EQ(cell.Of<MovedAsideCostTotal>().Get(), 42);
}

TEST_F(QueueAccount, ClientsThatAskHearHowLongTheyWaited) {
  Attempt(gpu_, 5);
  account_.committed = 0;
  EXPECT_EQ(ExposedFields(account_, Exposed::kCost).find("queued"), std::string::npos);
  account_.queued = microseconds(2100);
  EXPECT_NE(ExposedFields(account_, Exposed::kTarget).find("\r\nx-headgate-queued-ms: 3\r\n"),
            std::string::npos);
  EXPECT_EQ(ExposedFields(account_, Exposed::kRoute).find("queued"), std::string::npos);
  std::string comments;
  AppendTargetComments(account_, comments);
  EXPECT_NE(comments.find(": x-headgate-queued-ms 3\n"), std::string::npos) << comments;
}

// The client's conversation stays where it was, or has no place, if its answer came from a target
// to which it spilled.
TEST_F(QueueAccount, a_spill_does_not_bind_a_conversation) {
  const std::size_t gpu = Target("qwen-2.5-32b@gpu");
  const std::size_t api = Target("gpt-4.1@api");
  struct Case {
    std::optional<Why> left_gpu;
    std::vector<std::size_t> attempts;  // the last one answers
    std::optional<std::size_t> place;
  };
  const Case cases[] = {
      {std::nullopt, {gpu}, gpu},
      {std::nullopt, {gpu, api}, api},  // it failed there
      {Why::kDecided, {api}, std::nullopt},
      {Why::kWaited, {api}, std::nullopt},
      {Why::kFullQueue, {api}, std::nullopt},
      {Why::kWaited, {api, gpu}, gpu},  // it came back
      {Why::kWaited, {api, Target("gpt-4.1-mini@api")}, std::nullopt},
  };
  const ConversationId id{1, 2};
  account_.conversation = id;
  account_.classification->topic = routing::Topic::kCode;
  for (const Case& c : cases) {
    account_.attempts.clear();
    account_.spilled.clear();
    for (const std::size_t target : c.attempts) Attempt(target, 1);
    account_.committed = c.attempts.size() - 1;
    if (c.left_gpu) Left(gpu, *c.left_gpu, {});
    for (const std::optional<std::size_t> before : {std::optional<std::size_t>(), {gpu}}) {
      ConversationTable table;
      if (before) {
        const LabelId label = snapshot_->target_labels[*before];
        table.Put(id, {label, routing::Topic::kCode}, account_.ended);
      }
      Note(table);
      const std::optional<std::size_t> place = c.place ? c.place : before;
      const LabelId expected =
          place ? snapshot_->target_labels[*place] : ConversationTable::kNoPlace;
      const auto entry = table.Peek(id, account_.ended);
      ASSERT_TRUE(entry);
      EXPECT_EQ(entry->target, expected) << c.attempts.size() << " " << before.has_value();
    }
  }
  ConversationTable other_topic;
  other_topic.Put(id, {snapshot_->target_labels[gpu], routing::Topic::kMath}, account_.ended);
  Note(other_topic);
  EXPECT_EQ(other_topic.Peek(id, account_.ended)->target, ConversationTable::kNoPlace);
  EXPECT_EQ(other_topic.Peek(id, account_.ended)->topic, routing::Topic::kCode);
  ConversationTable table;
  account_.committed.reset();
  Note(table);
  EXPECT_EQ(table.size(), 0u) << "without an answer";
}

}  // namespace
}  // namespace headgate::gateway
