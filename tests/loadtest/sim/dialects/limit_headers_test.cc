#include "loadtest/sim/dialects/limit_headers.h"

#include <gtest/gtest.h>

namespace headgate::loadtest::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(LimitHeadersTest, WritesDurationsAsGoDoes) {
  EXPECT_EQ(GoDuration(milliseconds(0)), "0ms");
  EXPECT_EQ(GoDuration(milliseconds(12)), "12ms");
  EXPECT_EQ(GoDuration(seconds(1)), "1s");
  EXPECT_EQ(GoDuration(milliseconds(1500)), "1.5s");
  EXPECT_EQ(GoDuration(milliseconds(1007)), "1.007s");
  EXPECT_EQ(GoDuration(seconds(360)), "6m0s");
  EXPECT_EQ(GoDuration(Nanoseconds(1)), "1ms");
}

TEST(LimitHeadersTest, EachProviderHasItsNames) {
  const TimePoint now{seconds(100)};
  const std::chrono::system_clock::time_point wall{seconds(1'764'360'000)};
  RateLimits limits(*ParseRateLimit("requests=10,tokens=100,window=10s"));
  ASSERT_EQ(limits.Admit(50, now).count(), 0);
  EXPECT_EQ(LimitHeaders(Personality::kOpenAi, limits, now, wall),
            "x-ratelimit-limit-requests: 10\r\nx-ratelimit-remaining-requests: 9\r\n"
            "x-ratelimit-reset-requests: 1s\r\nx-ratelimit-limit-tokens: 100\r\n"
            "x-ratelimit-remaining-tokens: 50\r\nx-ratelimit-reset-tokens: 5s\r\n");
  EXPECT_EQ(LimitHeaders(Personality::kAnthropic, limits, now, wall),
            "anthropic-ratelimit-requests-limit: 10\r\n"
            "anthropic-ratelimit-requests-remaining: 9\r\n"
            "anthropic-ratelimit-requests-reset: 2025-11-28T20:00:01Z\r\n"
            "anthropic-ratelimit-tokens-limit: 100\r\n"
            "anthropic-ratelimit-tokens-remaining: 50\r\n"
            "anthropic-ratelimit-tokens-reset: 2025-11-28T20:00:05Z\r\n");
}

TEST(LimitHeadersTest, WhatIsNotLimitedIsNotTold) {
  RateLimits limits(*ParseRateLimit("requests=10"));
  const std::string lines = LimitHeaders(Personality::kOpenAi, limits, TimePoint{}, {});
  EXPECT_NE(lines.find("limit-requests: 10"), std::string::npos);
  EXPECT_EQ(lines.find("tokens"), std::string::npos);
}

}  // namespace
}  // namespace headgate::loadtest::sim
