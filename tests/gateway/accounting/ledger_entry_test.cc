// What the ledger is told of a request, while it runs and when it has ended.
#include "gateway/accounting/ledger_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "gateway/accounting/open_ledger.h"
#include "policy/ledger/report/report_text.h"
#include "policy/ledger/report/spend_report.h"
#include "tests/gateway/daemon_fixture.h"
#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

using policy::SpendBy;
using testing::HasSubstr;

constexpr std::string_view kPoolAndPaid = R"(
server: {auth: none}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1"], models: {qwen-2.5-32b: q}, slots: 4, cost: {per_replica_hour: 2}}
  api: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: secret, models: {gpt-4.1: {name: gpt-4.1-2025, price: {input: 2, output: 8}}}}
routes: [{name: all, targets: [qwen-2.5-32b@gpu, gpt-4.1@api], prefer: ordered}]
)";

class LedgerEntryTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(snapshot_, nullptr);
    config_.ledger.emplace();
    config_.ledger->folder = folder_.Path("ledger");
    auto opened = OpenLedger(config_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    ledger_ = *std::move(opened);
    config::SplitMix64 random(7);
    account_.id = RequestId::Make(random);
    account_.snapshot = snapshot_;
    account_.proxied = routing::Endpoint::kChat;
    account_.classification.emplace();
    account_.classification->request_class = routing::Class::kCode;
    account_.route = 0;
    account_.estimated_input_tokens = 1000;
  }
  std::size_t Target(std::string_view name) const {
    std::size_t i = 0;
    while (snapshot_->policy->targets()[i].name != name) ++i;
    return i;
  }
  AttemptAccount& Begin(std::string_view target) {
    AttemptAccount& attempt = account_.attempts.emplace_back();
    attempt.target = Target(target);
    attempt.started = attempt.ended = TimePoint(std::chrono::seconds(100));
    return attempt;
  }
  void End(AttemptAccount& attempt, NanoUsd cost, policy::UsageStatus status) {
    attempt.ended += std::chrono::seconds(1);
    attempt.usage = {.input = 1200, .output = 30};
    attempt.usage_status = status;
    attempt.cost = cost;
  }
  std::string Report() {
    const auto report = policy::ReadSpend(
        folder_.Path("ledger"),
        {.by = {SpendBy::kRoute, SpendBy::kClass, SpendBy::kTarget, SpendBy::kBilledAs}});
    return report.ok() ? ReportCsv(*report) : std::string(report.status().message());
  }
  std::int64_t Rows(policy::RowState state) {
    return ledger_->figures().rows[static_cast<std::size_t>(state)];
  }

  TemporaryFolder folder_;
  std::shared_ptr<const Snapshot> snapshot_ = InForce(std::string(kPoolAndPaid));
  config::Config config_;
  std::unique_ptr<policy::LedgerWriter> ledger_;
  RequestAccount account_;
};

TEST_F(LedgerEntryTest, BooksEachAttemptAtItsTarget) {
  End(Begin("qwen-2.5-32b@gpu"), 500, policy::UsageStatus::kExact);
  ReserveInLedger(account_, *ledger_);
  Begin("gpt-4.1@api");
  ReserveInLedger(account_, *ledger_);
  End(account_.attempts[1], 2'640'000, policy::UsageStatus::kExact);
  account_.committed = 1;
  SettleInLedger(account_, *ledger_);
  SettleInLedger(account_, *ledger_);
  ledger_->Stop();
  EXPECT_EQ(Rows(policy::RowState::kSettled), 1);
  EXPECT_EQ(ledger_->figures().repeated, 1);
  const std::string report = Report();
  EXPECT_THAT(report,
              HasSubstr("all,code,gpt-4.1@api,gpt-4.1-2025,1,1,1200,0,0,30,0,0.002640000,"));
  EXPECT_THAT(report, HasSubstr("all,code,qwen-2.5-32b@gpu,q,0,1,1200,0,0,30,0,0.000000500,"));
}

TEST_F(LedgerEntryTest, TellsEstimatedFromReleased) {
  End(Begin("gpt-4.1@api"), 9, policy::UsageStatus::kEstimated);
  ReserveInLedger(account_, *ledger_);
  SettleInLedger(account_, *ledger_);
  account_.ledger = {};
  account_.attempts.clear();
  Begin("gpt-4.1@api").ended += std::chrono::seconds(1);  // refused: no tokens, no cost
  ReserveInLedger(account_, *ledger_);
  SettleInLedger(account_, *ledger_);
  ledger_->Stop();
  EXPECT_EQ(Rows(policy::RowState::kEstimated), 1);
  EXPECT_EQ(Rows(policy::RowState::kReleased), 1);
}

TEST_F(LedgerEntryTest, ExpectsWhatARunningAttemptWillCost) {
  Begin("gpt-4.1@api");
  ReserveInLedger(account_, *ledger_);
  ledger_->Stop();  // as if the process died: nothing settles the request
  ledger_.reset();
  auto next = OpenLedger(config_);
  ASSERT_TRUE(next.ok());
  // 1,000 tokens of input at 2 USD and 500 of output at 8 USD per million.
  EXPECT_THAT(Report(), HasSubstr("1,1,1000,0,0,500,0,0.006000000,0.006000000,0"));
  const auto spent = (*next)->Spent();
  ASSERT_EQ(spent.size(), 1u);
  EXPECT_EQ(spent.begin()->second.month, 6'000'000);
}

TEST_F(LedgerEntryTest, BooksNothingThatNobodyCharges) {
  account_.proxied = routing::Endpoint::kCountTokens;
  Begin("gpt-4.1@api");
  ReserveInLedger(account_, *ledger_);
  EXPECT_EQ(account_.ledger.id, 0);
  SettleInLedger(account_, *ledger_);
  EXPECT_EQ(ledger_->figures().waiting, 0);
}

TEST_F(LedgerEntryTest, RefusesWhatItCannotWriteDown) {
  EXPECT_FALSE(RefusedByLedger(routing::Endpoint::kChat, nullptr, account_));
  EXPECT_FALSE(RefusedByLedger(routing::Endpoint::kChat, ledger_.get(), account_));
  policy::Sqlite holder;
  Begin("gpt-4.1@api");
  ReserveInLedger(account_, *ledger_);
  std::string day;
  while (day.empty()) {
    for (const auto number : policy::LedgerDays(folder_.Path("ledger"))) {
      day = policy::DayFilePath(folder_.Path("ledger"), number);
    }
  }
  while (holder.Number("SELECT count(*) FROM running") == 0) holder.Open(day);
  holder.Run("BEGIN IMMEDIATE");
  End(account_.attempts[0], 5, policy::UsageStatus::kExact);
  SettleInLedger(account_, *ledger_);
  while (ledger_->accepting()) {
  }
  const auto refusal = RefusedByLedger(routing::Endpoint::kChat, ledger_.get(), account_);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 503);
  EXPECT_EQ(refusal->code, "ledger_unavailable");
  EXPECT_EQ(refusal->type, "server_error") << "Anthropic's clients get api_error, by the status";
  EXPECT_EQ(account_.rejection, Rejection::kLedger);
  EXPECT_FALSE(RefusedByLedger(routing::Endpoint::kCountTokens, ledger_.get(), account_));
}

TEST(KeepingTest, KeepsSumsOfAMonthWhateverIsConfigured) {
  config::Config config;
  config.ledger.emplace();
  EXPECT_EQ(KeepingOf(config).hourly, 800);
  config.ledger->retention = {.requests = 1, .hourly = 2};
  EXPECT_EQ(KeepingOf(config).requests, 1);
  EXPECT_EQ(KeepingOf(config).hourly, 32);
}

TEST_F(LedgerEntryTest, RefusesAFolderThatAnotherGatewayUses) {
  EXPECT_THAT(std::string(OpenLedger(config_).status().message()),
              HasSubstr("ledger.path: another gateway uses "));
}

}  // namespace
}  // namespace headgate::gateway
