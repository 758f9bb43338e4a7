#include "loadtest/sim/answers/pace.h"

#include <gtest/gtest.h>

namespace headgate::loadtest::sim {
namespace {

using std::chrono::milliseconds;

Distribution Takes(std::string_view text) {
  return *Distribution::Parse(text, Distribution::Quantity::kDuration);
}

TEST(PaceTest, WithoutServiceTimeTokensHaveTheirInterval) {
  Options options;
  options.ttft = Takes("100ms");
  options.interval = Takes("20ms");
  options.engine.prefill_per_token = std::chrono::microseconds(50);
  Replica replica(options, 1);
  Fault fault;
  fault.delay = milliseconds(7);
  Pace pace(replica, fault);
  EXPECT_EQ(pace.FirstToken(1000, 10), milliseconds(100 + 50 + 7));
  EXPECT_EQ(pace.NextToken(), milliseconds(20));
  EXPECT_EQ(pace.Prefill(200), milliseconds(10));
}

TEST(PaceTest, ServiceTimeIsSpreadOverTheTokens) {
  Options options;
  options.ttft = Takes("100ms");
  options.service = Takes("1s");
  options.engine.prefill_per_token = milliseconds(1);
  Replica replica(options, 1);
  Fault fault;
  Pace pace(replica, fault);
  EXPECT_EQ(pace.FirstToken(100, 9), milliseconds(200));
  EXPECT_EQ(pace.NextToken(), milliseconds(100));  // eight times: 200 + 800
  Pace slow(replica, fault);
  EXPECT_EQ(slow.FirstToken(2000, 9), milliseconds(2100));
  EXPECT_EQ(slow.NextToken(), milliseconds(0));
  for (const std::int64_t tokens : {0, 1}) {
    Pace single(replica, fault);
    EXPECT_EQ(single.FirstToken(100, tokens), milliseconds(1000));
  }
}

TEST(PaceTest, RequestsHaveTimesOfTheirOwn) {
  Options options;
  options.service = Takes("1s");
  Replica replica(options, 1);
  Fault service;
  service.service = Takes("3s");
  Pace own(replica, service);
  EXPECT_EQ(own.FirstToken(0, 4), milliseconds(0));
  EXPECT_EQ(own.NextToken(), milliseconds(1000));
  Fault interval;
  interval.interval = Takes("5ms");
  Pace stepped(replica, interval);
  EXPECT_EQ(stepped.FirstToken(0, 4), milliseconds(0));
  EXPECT_EQ(stepped.NextToken(), milliseconds(5));
}

TEST(PaceTest, ExponentialServiceTimesHaveTheirMean) {
  Options options;
  options.service = Takes("exp:5s");
  Replica replica(options, 3);
  Fault fault;
  double sum = 0;
  for (int i = 0; i < 4000; ++i) {
    Pace pace(replica, fault);
    sum += Seconds(pace.FirstToken(0, 1));
  }
  EXPECT_NEAR(sum / 4000, 5, 0.3);
}

}  // namespace
}  // namespace headgate::loadtest::sim
