#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/config/load_fixture.h"

namespace headgate::config {
namespace {

Config LoadRoute(const std::string& keys) {
  return LoadOrFail(
      "server: {auth: none}\n"
      "backends:\n"
      "  up: {hosting: paid_api, url: 'https://api.example.com/v1', api_key: k,\n"
      "       models: {gpt-4.1: {name: x, supports: prefill}, gpt-4o: y},\n"
      "       limits: {requests_per_minute: 600, tokens_per_minute: 2M}, timeouts: {first_byte: "
      "3m}}\n"
      "routes: [{name: all" +
      keys + "}]\n");
}

TEST(Failover, has_defaults) {
  const Config config = LoadRoute("");
  ASSERT_EQ(config.routes.size(), 1u);
  const Failover& failover = config.routes.front().failover;
  EXPECT_EQ(failover.attempts.same_target, 1);
  EXPECT_FALSE(failover.attempts.targets);
  EXPECT_EQ(failover.attempts.backoff, Milliseconds(100));
  EXPECT_EQ(failover.commit.at, CommitAt::kFirstToken);
  EXPECT_EQ(failover.hold_limit, 8u << 20);
  EXPECT_EQ(failover.held_comments, Milliseconds(10'000));
  EXPECT_FALSE(failover.resume);
  EXPECT_FALSE(failover.hedge);
}

TEST(Failover, is_read) {
  const Config config = LoadRoute(
      ", attempts: {same_target: 0, targets: 3}, commit: {hold: 2s}, hold_limit: 1MiB, "
      "held_comments: never, resume: true, hedge: {after: 300ms, at_most: 2.5%}");
  ASSERT_EQ(config.routes.size(), 1u);
  const Failover& failover = config.routes.front().failover;
  EXPECT_EQ(failover.attempts.same_target, 0);
  EXPECT_EQ(failover.attempts.targets, 3);
  EXPECT_EQ(failover.commit.at, CommitAt::kHold);
  EXPECT_EQ(failover.commit.hold, Milliseconds(2000));
  EXPECT_EQ(failover.hold_limit, 1u << 20);
  EXPECT_EQ(failover.held_comments, kNever);
  EXPECT_TRUE(failover.resume);
  ASSERT_TRUE(failover.hedge);
  EXPECT_EQ(failover.hedge->after, Milliseconds(300));
  EXPECT_EQ(failover.hedge->at_most, 25'000);
}

TEST(Failover, a_hedge_follows_the_measured_latency_unless_it_says_when) {
  for (const std::string hedge : {"{}", "{after: p95}", "{at_most: 5%}"}) {
    const Config config = LoadRoute(", commit: complete, hedge: " + hedge);
    ASSERT_EQ(config.routes.size(), 1u);
    const Failover& failover = config.routes.front().failover;
    EXPECT_EQ(failover.commit.at, CommitAt::kComplete);
    ASSERT_TRUE(failover.hedge) << hedge;
    EXPECT_FALSE(failover.hedge->after) << hedge;
    EXPECT_EQ(failover.hedge->at_most, 50'000) << hedge;
  }
}

TEST(Failover, a_backend_says_what_its_provider_allows_and_which_models_continue) {
  const Config config = LoadRoute("");
  ASSERT_EQ(config.backends.size(), 1u);
  const Backend& backend = config.backends.front();
  EXPECT_EQ(backend.limits.requests_per_minute, 600);
  EXPECT_EQ(backend.limits.tokens_per_minute, 2'000'000);
  ASSERT_EQ(backend.models.size(), 2u);
  EXPECT_EQ(backend.models[0].supports, std::vector<std::string>{"prefill"});
  EXPECT_TRUE(backend.models[1].supports.empty());
}

TEST(Failover, the_first_byte_of_a_route_wins_over_that_of_its_backend) {
  const Config config = LoadRoute(", timeouts: {first_byte: 30s}");
  ASSERT_EQ(config.routes.size(), 1u);
  const Timeouts& backend = config.backends.front().timeouts;
  EXPECT_EQ(config.routes.front().timeouts.Over(backend).first_byte, Milliseconds(30'000));
  EXPECT_EQ(RouteTimeouts{}.Over(backend).first_byte, Milliseconds(180'000));
  EXPECT_FALSE(RouteTimeouts{}.Over(Timeouts{}).first_byte);
}

}  // namespace
}  // namespace headgate::config
