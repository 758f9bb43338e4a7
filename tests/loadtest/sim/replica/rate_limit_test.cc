#include "loadtest/sim/replica/rate_limit.h"

#include <gtest/gtest.h>

namespace headgate::loadtest::sim {
namespace {

using std::chrono::seconds;

constexpr TimePoint kLimitStart{seconds(5000)};

TEST(RateLimitTest, ReadsItsParts) {
  const std::optional<RateLimitOptions> both = ParseRateLimit("requests=60,tokens=9000,window=10s");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->requests, 60);
  EXPECT_EQ(both->tokens, 9000);
  EXPECT_EQ(both->window, seconds(10));
  EXPECT_EQ(ParseRateLimit("requests=1")->window, seconds(60));
  for (const std::string_view text :
       {"", "window=10s", "requests=0", "requests=x", "calls=5", "requests=1,window=0s"}) {
    EXPECT_FALSE(ParseRateLimit(text)) << text;
  }
}

TEST(RateLimitTest, BucketEmptiesAndRefillsEvenly) {
  RateLimits limits(*ParseRateLimit("requests=10,window=10s"));
  ASSERT_TRUE(limits.Limits());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(limits.Admit(1, kLimitStart).count(), 0) << i;
  EXPECT_EQ(limits.requests().Now(kLimitStart).remaining, 0);
  EXPECT_EQ(limits.requests().Now(kLimitStart).reset, seconds(10));
  const Nanoseconds wait = limits.Admit(1, kLimitStart);
  EXPECT_NEAR(Seconds(wait), 1, 1e-6);
  // What is refused takes nothing.
  EXPECT_EQ(limits.Admit(1, kLimitStart + wait).count(), 0);
  EXPECT_GT(limits.Admit(1, kLimitStart + wait).count(), 0);
  EXPECT_EQ(limits.requests().Now(kLimitStart + seconds(60)).remaining, 10);
}

TEST(RateLimitTest, TokensAreALimitOfTheirOwn) {
  RateLimits limits(*ParseRateLimit("requests=100,tokens=1000,window=10s"));
  EXPECT_EQ(limits.Admit(700, kLimitStart).count(), 0);
  EXPECT_NEAR(Seconds(limits.Admit(400, kLimitStart)), 1, 1e-6);
  EXPECT_EQ(limits.requests().Now(kLimitStart).remaining, 99);
  EXPECT_EQ(limits.Admit(300, kLimitStart).count(), 0);
  // A request above the whole limit waits for a full bucket.
  EXPECT_NEAR(Seconds(limits.Admit(5000, kLimitStart)), 10, 1e-6);
}

TEST(RateLimitTest, WithoutLimitsAllIsAllowed) {
  RateLimits limits(RateLimitOptions{});
  EXPECT_FALSE(limits.Limits());
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limits.Admit(1'000'000, kLimitStart).count(), 0);
}

}  // namespace
}  // namespace headgate::loadtest::sim
