// What an account says of prices: in the access log, in the recording, and beside the baseline.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "gateway/accounting/recording_line.h"
#include "gateway/accounting/request_account.h"
#include "gateway/accounting/request_log.h"
#include "gateway/accounting/request_metrics.h"
#include "tests/gateway/daemon_fixture.h"

namespace headgate::gateway {
namespace {

using std::chrono::milliseconds;

// The price doubles at 1,000,010 seconds after 1970.
constexpr std::string_view kOneApi = R"(
server: {auth: none}
baseline: m@api
models:
  m:
    price:
      {input: 1, output: 1, changes: {from: "1970-01-12T13:46:50Z", input: 2, output: 2}}
backends:
  api: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: secret, models: {m: m}}
routes: [{name: all}]
)";

class PriceAccount : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(snapshot_, nullptr);
    account_.snapshot = snapshot_;
    account_.proxied = routing::Endpoint::kChat;
    account_.classification.emplace();
    account_.route = 0;
    account_.started = account_.body_read = TimePoint{} + std::chrono::hours(1);
    account_.unix_seconds = 1'000'000;
    AttemptAccount attempt;
    attempt.usage = {
        .input = 10, .cache_write = 5, .cache_write_1h = 3, .output = 20, .web_searches = 2};
    attempt.started = account_.body_read + milliseconds(4'500);
    attempt.ended = account_.body_read + milliseconds(9'999);
    account_.attempts.push_back(attempt);
    account_.committed = 0;
    account_.ended = attempt.ended;
  }
  std::string LogLine() const {
    std::string line;
    AppendLogLine(account_, "2026-11-29T12:00:00.000Z", line);
    return line;
  }
  NanoUsd Baseline() {
    SeriesCap cap{kMostSeries};
    MetricShard shard{cap};
    BookMetrics(account_, shard);
    const auto request_class = static_cast<std::size_t>(account_.classification->request_class);
    return shard.baseline_costs
        .Cell(snapshot_->route_labels[0], snapshot_->class_labels[request_class])
        .Get();
  }

  std::shared_ptr<const Snapshot> snapshot_ = InForce(std::string(kOneApi));
  RequestAccount account_;
};

TEST_F(PriceAccount, TheLogHasTheTierAndTheKindsThatAreNotUsual) {
  account_.attempts[0].tier = policy::ServiceTier::kFlex;
  const std::string line = LogLine();
  EXPECT_NE(line.find(R"("tier":"flex")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("cache_write":5,"cache_write_1h":3,"output":20,"reasoning":0,)"
                      R"("web_searches":2})"),
            std::string::npos)
      << line;
  account_.attempts[0].tier = policy::ServiceTier::kStandard;
  account_.attempts[0].usage = {.input = 10, .output = 20};
  const std::string usual = LogLine();
  EXPECT_EQ(usual.find("tier"), std::string::npos) << usual;
  EXPECT_NE(usual.find(R"("cache_write":0,"output":20,"reasoning":0})"), std::string::npos)
      << usual;
}

TEST_F(PriceAccount, TheWallClockRunsOnFromTheBody) {
  EXPECT_EQ(account_.UnixSecondsAt(account_.body_read), 1'000'000);
  EXPECT_EQ(account_.UnixSecondsAt(account_.body_read + milliseconds(9'999)), 1'000'009);
}

TEST_F(PriceAccount, TheBaselineHasThePriceOfTheEnd) {
  EXPECT_EQ(Baseline(), 30 * 1'000);
  account_.ended = account_.body_read + milliseconds(10'000);
  EXPECT_EQ(Baseline(), 30 * 2'000);
}

TEST_F(PriceAccount, PartsOfAnAnswerAreAddedKindByKind) {
  AttemptAccount part = account_.attempts[0];
  part.resumed = true;
  account_.attempts.push_back(part);
  const policy::Usage usage = account_.UsageOfAnswer();
  EXPECT_EQ(usage.input, 20);
  EXPECT_EQ(usage.cache_write_1h, 6);
  EXPECT_EQ(usage.web_searches, 4);
}

TEST_F(PriceAccount, TheRecordingHasWhenACallEnded) {
  account_.decided = "{";
  std::string line;
  AppendRecordingLine(account_, line);
  // … first token, duration, written for an hour, searches, seconds until its end
  EXPECT_NE(line.find(",0,5499000,3,2,9]"), std::string::npos) << line;
}

}  // namespace
}  // namespace headgate::gateway
