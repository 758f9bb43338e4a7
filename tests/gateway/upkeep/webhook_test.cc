// Alerts on their way to a scripted webhook, without sockets.
#include "gateway/upkeep/webhook.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/gateway/daemon_fixture.h"
#include "tests/gateway/fake_exchange.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using std::chrono::milliseconds;

constexpr const char* kHook =
    "alerts: {webhook: 'https://hooks.example.com/services/T0/B0?x=y', token: hook-token-1}\n"
    "ledger: {path: /nowhere/ledger}\n"
    "budgets: [{limit: 5, per: day}]\n";

std::shared_ptr<const Snapshot> Configured(const std::string& alerts) {
  return InForce(
      absl::StrCat("server: {auth: none}\n"
                   "backends: {up: {hosting: paid_api, url: 'https://api.example.com/v1', "
                   "api_key: k, models: {gpt-4.1: x}}}\n"
                   "routes: [{name: all}]\n",
                   alerts));
}

BudgetAlert AlertOf(NanoUsd spent) {
  BudgetAlert alert;
  alert.budget.limit = kNanoPerUsd;
  alert.spent = spent;
  alert.share = 800'000;
  return alert;
}

class WebhookTest : public testing::Test {
 protected:
  // Sends alerts that have spent 1, 2, … and waits until all have ended.
  void Send(int count) {
    for (NanoUsd spent = 1; spent <= count; ++spent) webhook_.Send(AlertOf(spent));
    io_.run();
    io_.restart();
  }
  std::vector<std::uint64_t> Totals() const {
    return {webhook_.totals().delivered, webhook_.totals().failed, webhook_.totals().dropped};
  }
  const std::string& RequestAt(std::size_t i) const { return exchanges_.traces[i].request; }

  asio::io_context io_{1};
  FakeExchanges exchanges_{io_.get_executor()};
  std::shared_ptr<const Snapshot> snapshot_ = Configured(kHook);
  std::vector<NanoUsd> ended_;
  Webhook webhook_{{.io = io_,
                    .exchanges = exchanges_,
                    .current = [this] { return snapshot_; },
                    .on_end = [this](const BudgetAlert& alert) { ended_.push_back(alert.spent); },
                    .instance = "gw1:8080"},
                   {.limit = milliseconds(50), .pauses = {milliseconds(1), milliseconds(2)}}};
};

TEST_F(WebhookTest, PostsJsonWithTheTokenToThePathAndTheQuery) {
  exchanges_.Expect(WholeAnswer("ok"));
  Send(1);
  EXPECT_EQ(Totals(), (std::vector<std::uint64_t>{1, 0, 0}));
  EXPECT_EQ(ended_, std::vector<NanoUsd>{1});
  const std::string& request = RequestAt(0);
  const std::string body = AlertJson(AlertOf(1), "gw1:8080");
  EXPECT_EQ(request, absl::StrCat("POST /services/T0/B0?x=y HTTP/1.1\r\n"
                                  "Host: hooks.example.com\r\n"
                                  "Content-Type: application/json\r\n"
                                  "Accept-Encoding: identity\r\n"
                                  "authorization: Bearer hook-token-1\r\n"
                                  "User-Agent: headgate\r\n"
                                  "Connection: close\r\n"
                                  "Content-Length: ",
                                  body.size(), "\r\n\r\n", body));
}

TEST_F(WebhookTest, TriesThreeTimesAndGoesOnWithTheNext) {
  exchanges_.Expect({.fails_at_start = AttemptResult::kConnectFailed});
  exchanges_.Expect(RefusingAnswerOf(500, "{}"));
  exchanges_.Expect(RefusingAnswerOf(429, "{}"));
  exchanges_.Expect({.fails_at_start = AttemptResult::kTlsFailed});
  exchanges_.Expect(WholeAnswer("ok"));
  Send(2);
  EXPECT_EQ(Totals(), (std::vector<std::uint64_t>{1, 1, 0}));
  EXPECT_EQ(ended_, (std::vector<NanoUsd>{1, 2}));
  EXPECT_EQ(RequestAt(0), RequestAt(2));
  EXPECT_NE(RequestAt(2), RequestAt(3));
}

TEST_F(WebhookTest, DoesNotFollowRedirects) {
  ExchangeScript moved = RefusingAnswerOf(302, "");
  exchanges_.Expect(std::move(moved));
  Send(1);
  EXPECT_EQ(Totals(), (std::vector<std::uint64_t>{0, 1, 0}));
  EXPECT_EQ(exchanges_.traces.size(), 1u);
}

TEST_F(WebhookTest, LeavesAReceiverThatHangs) {
  for (int i = 0; i < 3; ++i) {
    ExchangeScript hangs = WholeAnswer("ok");
    hangs.head_waits = true;
    exchanges_.Expect(std::move(hangs));
  }
  Send(1);
  EXPECT_EQ(Totals(), (std::vector<std::uint64_t>{0, 1, 0}));
  for (const ExchangeTrace& trace : exchanges_.traces) {
    EXPECT_EQ(trace.aborted, AttemptResult::kTotalTimeout);
  }
}

TEST_F(WebhookTest, DropsWhatDoesNotFit) {
  for (std::size_t i = 0; i < WebhookQueue::kMost; ++i) exchanges_.Expect(WholeAnswer("ok"));
  Send(static_cast<int>(WebhookQueue::kMost) + 3);
  EXPECT_EQ(Totals(), (std::vector<std::uint64_t>{WebhookQueue::kMost, 0, 3}));
  EXPECT_EQ(ended_.size(), WebhookQueue::kMost + 3);
}

TEST_F(WebhookTest, WithoutAWebhookNothingIsSent) {
  snapshot_ = Configured("");
  Send(2);
  EXPECT_EQ(Totals(), (std::vector<std::uint64_t>{0, 0, 0}));
  EXPECT_EQ(ended_, (std::vector<NanoUsd>{1, 2}));
}

TEST_F(WebhookTest, AReloadMayRemoveItWhileAlertsWait) {
  webhook_.Send(AlertOf(1));
  snapshot_ = Configured("");
  io_.run();
  EXPECT_EQ(Totals(), (std::vector<std::uint64_t>{0, 1, 0}));
  EXPECT_TRUE(exchanges_.traces.empty());
}

}  // namespace
}  // namespace headgate::gateway
