#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "backends/limits/configured_limits.h"
#include "backends/limits/heard_limits.h"
#include "backends/limits/rate_limit_fields.h"
#include "backends/limits/sliding_minute.h"

namespace headgate::backends {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

const SteadyTime kNoon{seconds(100'000)};
const WallTime kWall{seconds(1'767'225'600)};  // 2026-01-01T00:00:00Z

TEST(RateLimitFields, durations_are_read_as_providers_write_them) {
  struct Row {
    std::string_view text;
    std::optional<std::int64_t> ms;
  };
  for (const Row& row : std::vector<Row>{{"1s", 1000},
                                         {"6m0s", 360'000},
                                         {"20ms", 20},
                                         {"1h2m3.5s", 3'723'500},
                                         {"2m59.56s", 179'560},
                                         {"0s", 0},
                                         {"2.5", 2500},
                                         {"59", 59'000},
                                         {"120us", 1},
                                         {"1d", 86'400'000},
                                         {"2d", {}},
                                         {"1767225600", {}},
                                         {"", {}},
                                         {"soon", {}},
                                         {"-1s", {}},
                                         {"1s2", {}},
                                         {"5x", {}},
                                         {"nan", {}}}) {
    const std::optional<milliseconds> read = ReadResetDuration(row.text);
    ASSERT_EQ(read.has_value(), row.ms.has_value()) << row.text;
    EXPECT_EQ(read.value_or(milliseconds(0)).count(), row.ms.value_or(0)) << row.text;
  }
}

TEST(RateLimitFields, openai_and_anthropic_are_read_in_any_case) {
  RateLimitFields fields;
  ReadRateLimitField("X-RateLimit-Limit-Requests", "600", fields);
  ReadRateLimitField("x-ratelimit-remaining-requests", "599", fields);
  ReadRateLimitField("x-ratelimit-reset-requests", "100ms", fields);
  ReadRateLimitField("x-ratelimit-remaining-tokens", "149984", fields);
  ReadRateLimitField("anthropic-ratelimit-input-tokens-limit", "2000000", fields);
  ReadRateLimitField("Anthropic-RateLimit-Input-Tokens-Remaining", "1999000", fields);
  ReadRateLimitField("anthropic-ratelimit-output-tokens-reset", "2026-01-01T00:00:30Z", fields);
  EXPECT_TRUE(fields.any);
  EXPECT_EQ(fields.requests.limit, 600);
  EXPECT_EQ(fields.requests.remaining, 599);
  EXPECT_EQ(fields.requests.reset_in, milliseconds(100));
  EXPECT_EQ(fields.tokens.remaining, 149'984);
  EXPECT_EQ(fields.input_tokens.limit, 2'000'000);
  EXPECT_EQ(fields.input_tokens.remaining, 1'999'000);
  EXPECT_EQ(fields.output_tokens.reset_at, kWall + seconds(30));
}

TEST(RateLimitFields, other_fields_and_unreadable_values_say_nothing) {
  RateLimitFields fields;
  for (const char* name : {"x-request-id", "x-ratelimit-", "x-ratelimit-limit", "anthropic-version",
                           "x-ratelimit-used-requests", "x-ratelimit-limit-images",
                           "anthropic-ratelimit-unified-status"}) {
    ReadRateLimitField(name, "5", fields);
  }
  EXPECT_FALSE(fields.any);
  ReadRateLimitField("x-ratelimit-remaining-requests", "many", fields);
  ReadRateLimitField("x-ratelimit-remaining-tokens", "-5", fields);
  ReadRateLimitField("x-ratelimit-reset-tokens", "later", fields);
  EXPECT_FALSE(fields.requests.remaining);
  EXPECT_FALSE(fields.tokens.remaining);
  EXPECT_FALSE(fields.tokens.reset_in);
  EXPECT_FALSE(fields.tokens.reset_at);
}

RateLimitFields Requests(std::optional<std::int64_t> limit, std::int64_t remaining,
                         milliseconds reset) {
  RateLimitFields fields;
  fields.any = true;
  fields.requests = {.limit = limit, .remaining = remaining, .reset_in = reset, .reset_at = {}};
  return fields;
}

TEST(HeardLimits, a_target_with_nothing_left_waits_for_its_share_of_the_reset) {
  HeardLimits limits;
  EXPECT_EQ(limits.NotBefore({}, kNoon), kNoon);
  limits.Heard(Requests(60, 0, seconds(60)), kNoon, kWall);
  EXPECT_EQ(limits.NotBefore({}, kNoon), kNoon + seconds(1)) << "one of sixty is back after 1 s";
  EXPECT_EQ(limits.NotBefore({}, kNoon + seconds(2)), kNoon + seconds(2));
}

TEST(HeardLimits, without_a_limit_the_whole_reset_is_waited_for) {
  HeardLimits limits;
  limits.Heard(Requests({}, 0, seconds(20)), kNoon, kWall);
  EXPECT_EQ(limits.NotBefore({}, kNoon + seconds(5)), kNoon + seconds(20));
  EXPECT_EQ(limits.NotBefore({}, kNoon + seconds(20)), kNoon + seconds(20));
}

TEST(HeardLimits, what_is_sent_meanwhile_counts) {
  HeardLimits limits;
  limits.Heard(Requests({}, 2, seconds(20)), kNoon, kWall);
  limits.Sent({});
  EXPECT_EQ(limits.NotBefore({}, kNoon), kNoon);
  limits.Sent({});
  EXPECT_EQ(limits.NotBefore({}, kNoon), kNoon + seconds(20));
  limits.Heard(Requests({}, 2, seconds(20)), kNoon + seconds(1), kWall);
  EXPECT_EQ(limits.NotBefore({}, kNoon + seconds(1)), kNoon + seconds(1));
}

TEST(HeardLimits, tokens_are_compared_with_what_the_request_takes) {
  HeardLimits limits;
  RateLimitFields fields;
  fields.any = true;
  fields.input_tokens = {
      .limit = 10'000, .remaining = 1000, .reset_in = {}, .reset_at = kWall + seconds(54)};
  fields.output_tokens = {
      .limit = 8000, .remaining = 1, .reset_in = {}, .reset_at = kWall + seconds(30)};
  limits.Heard(fields, kNoon, kWall);
  EXPECT_EQ(limits.NotBefore({.input = 1000, .output = 500}, kNoon), kNoon);
  EXPECT_EQ(limits.NotBefore({.input = 4000, .output = 500}, kNoon), kNoon + seconds(18));
  EXPECT_EQ(limits.NotBefore({.input = 50'000}, kNoon), kNoon + seconds(54))
      << "more than the limit goes out when the limit is whole";
}

TEST(HeardLimits, a_request_larger_than_the_limit_is_for_the_provider_to_judge) {
  HeardLimits limits;
  RateLimitFields fields;
  fields.any = true;
  fields.tokens = {.limit = 100, .remaining = 100, .reset_in = seconds(600), .reset_at = {}};
  limits.Heard(fields, kNoon, kWall);
  EXPECT_EQ(limits.NotBefore({.input = 10, .output = 500}, kNoon), kNoon);
}

TEST(HeardLimits, does_not_believe_everything) {
  HeardLimits limits;
  limits.Heard(Requests({}, 0, std::chrono::hours(24)), kNoon, kWall);
  EXPECT_EQ(limits.NotBefore({}, kNoon), kNoon + HeardLimits::kLongest);
  HeardLimits none;
  none.Heard(Requests(0, 0, seconds(60)), kNoon, kWall);
  EXPECT_EQ(none.NotBefore({}, kNoon), kNoon) << "a limit of 0 is none";
  RateLimitFields past = Requests({}, 0, seconds(0));
  past.requests.reset_in.reset();
  past.requests.reset_at = kWall - seconds(5);
  none.Heard(past, kNoon, kWall);
  past.requests.reset_at = WallTime::min();
  none.Heard(past, kNoon, kWall);
  EXPECT_EQ(none.NotBefore({}, kNoon), kNoon);
}

TEST(SlidingMinute, counts_a_whole_minute_and_then_forgets) {
  SlidingMinute minute;
  minute.Add(7, kNoon);
  minute.Add(5, kNoon + seconds(30));
  EXPECT_EQ(minute.Sum(kNoon + seconds(60)), 12);
  EXPECT_EQ(minute.Sum(kNoon + seconds(61)), 5);
  EXPECT_EQ(minute.Sum(kNoon + seconds(91)), 0);
  EXPECT_EQ(minute.Sum(kNoon + seconds(64)), 5) << "the same cell as the first second";
}

TEST(SlidingMinute, says_when_there_is_room) {
  SlidingMinute minute;
  minute.Add(6, kNoon + milliseconds(700));
  minute.Add(4, kNoon + seconds(10));
  const SteadyTime now = kNoon + seconds(20);
  EXPECT_EQ(minute.WhenFits(0, 10, now), now);
  EXPECT_EQ(minute.WhenFits(1, 11, now), now);
  EXPECT_EQ(minute.WhenFits(1, 10, now), kNoon + seconds(61));
  EXPECT_EQ(minute.WhenFits(7, 10, now), kNoon + seconds(71));
  EXPECT_EQ(minute.WhenFits(1000, 10, now), kNoon + seconds(71));
}

TEST(SlidingMinute, corrects_what_still_counts) {
  SlidingMinute minute;
  minute.Add(100, kNoon);
  minute.Correct(-60, kNoon);
  EXPECT_EQ(minute.Sum(kNoon), 40);
  minute.Correct(-1000, kNoon);
  EXPECT_EQ(minute.Sum(kNoon), 0);
  minute.Add(5, kNoon + seconds(64));
  minute.Correct(50, kNoon);
  EXPECT_EQ(minute.Sum(kNoon + seconds(64)), 5);
}

TEST(SlidingMinute, loses_nothing_between_threads) {
  SlidingMinute minute;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&minute] {
      for (int i = 0; i < 10'000; ++i) minute.Add(3, kNoon + seconds(i % 10));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(minute.Sum(kNoon + seconds(10)), 120'000);
}

TEST(ConfiguredLimits, never_exceed_a_limit_within_any_minute) {
  ConfiguredLimits limits;
  limits.Configure({.requests_per_minute = 60, .tokens_per_minute = 6000, .in_flight = {}});
  std::vector<SteadyTime> sent;
  for (SteadyTime now = kNoon; now < kNoon + seconds(300); now += milliseconds(100)) {
    if (limits.Take(120, now) > now) continue;
    limits.End();
    sent.push_back(now);
  }
  EXPECT_GE(sent.size(), 4 * 50u) << "50 requests take the tokens of a minute";
  for (std::size_t i = 50; i < sent.size(); ++i) {
    EXPECT_GE(sent[i] - sent[i - 50], seconds(60));
  }
}

TEST(ConfiguredLimits, without_limits_nothing_waits_and_a_reload_counts_from_then_on) {
  ConfiguredLimits limits;
  for (int i = 0; i < 1000; ++i) limits.Take(1000, kNoon);
  EXPECT_EQ(limits.NotBefore(1000, kNoon), kNoon);
  limits.Configure({.requests_per_minute = 2, .tokens_per_minute = {}, .in_flight = {}});
  EXPECT_EQ(limits.NotBefore(1000, kNoon), kNoon);
  limits.Take(1, kNoon);
  limits.Take(1, kNoon);
  EXPECT_EQ(limits.NotBefore(1, kNoon), kNoon + seconds(61));
}

TEST(ConfiguredLimits, a_request_that_did_not_leave_is_free_again) {
  ConfiguredLimits limits;
  limits.Configure({.requests_per_minute = 1, .tokens_per_minute = 1000, .in_flight = {}});
  limits.Take(1000, kNoon);
  EXPECT_GT(limits.NotBefore(500, kNoon), kNoon);
  limits.TakeBack(1000, kNoon);
  EXPECT_EQ(limits.NotBefore(1000, kNoon), kNoon);
}

TEST(ConfiguredLimits, as_many_run_as_may) {
  ConfiguredLimits limits;
  limits.Configure({.requests_per_minute = {}, .tokens_per_minute = {}, .in_flight = 2});
  EXPECT_TRUE(limits.any());
  EXPECT_EQ(limits.Take(1, kNoon), kNoon);
  EXPECT_EQ(limits.Take(1, kNoon), kNoon);
  EXPECT_GT(limits.Take(1, kNoon), kNoon + seconds(2));
  limits.End();
  EXPECT_EQ(limits.Take(1, kNoon), kNoon);
}

TEST(ConfiguredLimits, threads_together_take_exactly_a_limit) {
  for (const config::RateLimits& ten :
       {config::RateLimits{.requests_per_minute = 10, .tokens_per_minute = {}, .in_flight = {}},
        config::RateLimits{.requests_per_minute = {}, .tokens_per_minute = 70, .in_flight = {}},
        config::RateLimits{.requests_per_minute = {}, .tokens_per_minute = {}, .in_flight = 10}}) {
    ConfiguredLimits limits;
    limits.Configure(ten);
    std::atomic<int> taken{0};
    std::vector<std::thread> threads;
    threads.reserve(8);
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 125; ++i) {
          if (limits.Take(7, kNoon) == kNoon) ++taken;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(taken, 10);
  }
}

TEST(HeardLimits, a_request_that_did_not_leave_is_free_again) {
  HeardLimits limits;
  limits.Heard(Requests({}, 1, seconds(20)), kNoon, kWall);
  limits.Sent({.input = 10, .output = 10});
  EXPECT_GT(limits.NotBefore({}, kNoon), kNoon);
  limits.TakeBack({.input = 10, .output = 10});
  EXPECT_EQ(limits.NotBefore({}, kNoon), kNoon);
}

TEST(ConfiguredLimits, tokens_that_were_not_taken_are_free_again) {
  ConfiguredLimits limits;
  limits.Configure({.requests_per_minute = {}, .tokens_per_minute = 1000, .in_flight = {}});
  limits.Take(1000, kNoon);
  EXPECT_GT(limits.NotBefore(500, kNoon), kNoon);
  limits.Correct(-700, kNoon);
  EXPECT_EQ(limits.NotBefore(500, kNoon), kNoon);
}

}  // namespace
}  // namespace headgate::backends
