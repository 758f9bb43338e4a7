#include "gateway/cli/plan/traffic/observed_traffic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/cli/plan/traffic/access_log.h"
#include "gateway/cli/plan/traffic/traffic_source.h"
#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kMidnight = 1'795'996'800;  // 2026-11-30T00:00:00Z
constexpr std::int64_t kHour = 3600;

ObservedAnswer AnswerAt(std::int64_t seconds, std::string_view request_class, std::int64_t input,
                        std::int64_t output) {
  return {.unix_seconds = kMidnight + seconds,
          .request_class = request_class,
          .target = "m@gpu",
          .usage = {.input = input, .cached_input = input / 2, .output = output},
          .ttft_us = 0};
}

TEST(ObservedTrafficTest, a_month_has_the_tokens_of_the_time_extrapolated) {
  ObservedTraffic traffic;
  traffic.Add(AnswerAt(86'399, "code", 600, 400));
  traffic.Add(AnswerAt(0, "batch", 100, 0));
  traffic.Add(AnswerAt(50, "code", 400, 0));
  EXPECT_EQ(traffic.answers(), 3);
  EXPECT_EQ(traffic.Seconds(), 86'400);
  const std::vector<policy::ClassVolume> month = traffic.MonthlyTokens();
  ASSERT_EQ(month.size(), 2u);
  EXPECT_EQ(month[0].name, "batch");
  EXPECT_EQ(month[0].tokens.input, 3'040);
  EXPECT_EQ(month[1].tokens.input, 30'400);
  EXPECT_EQ(month[1].tokens.cached_input, 15'200);
  EXPECT_EQ(month[1].tokens.output, 12'160);
}

TEST(ObservedTrafficTest, hours_are_known_after_a_day) {
  ObservedTraffic traffic;
  traffic.Add(AnswerAt(3 * kHour, "code", 300, 0));
  traffic.Add(AnswerAt(4 * kHour, "code", 100, 0));
  EXPECT_FALSE(traffic.Hours());
  traffic.Add(AnswerAt(27 * kHour, "code", 0, 0));
  ASSERT_TRUE(traffic.Hours());
  EXPECT_EQ((*traffic.Hours())[3], 18'000'000);
  EXPECT_EQ((*traffic.Hours())[4], 6'000'000);
  EXPECT_EQ((*traffic.Hours())[5], 0);
}

TEST(ObservedTrafficTest, whole_hours_have_all_but_the_times_of_answers) {
  ObservedTraffic traffic;
  traffic.AddHour({.unix_seconds = kMidnight + 3 * kHour,
                   .request_class = "code",
                   .usage = {.input = 300, .output = 60},
                   .answers = 30});
  traffic.AddHour({.unix_seconds = kMidnight + 26 * kHour,
                   .request_class = "batch",
                   .usage = {.input = 120},
                   .answers = 2});
  EXPECT_EQ(traffic.answers(), 32);
  EXPECT_EQ(traffic.first(), kMidnight + 3 * kHour);
  EXPECT_EQ(traffic.Seconds(), 24 * kHour);
  ASSERT_TRUE(traffic.Hours());
  EXPECT_EQ((*traffic.Hours())[3], 18'000'000);
  EXPECT_EQ((*traffic.Hours())[2], 6'000'000);
  EXPECT_EQ(traffic.MonthlyTokens()[1].tokens.output, 1'824);  // 60 x 30.4
  EXPECT_FALSE(traffic.Throughput("gpu", std::nullopt));
}

// Twenty answers in a span of five minutes, each of `tokens`.
void AddSpan(ObservedTraffic& traffic, std::int64_t number, std::int64_t tokens,
             std::int64_t ttft_us, int answers = 20) {
  for (int i = 0; i < answers; ++i) {
    ObservedAnswer answer = AnswerAt(number * ObservedTraffic::kSpan + i, "code", tokens, 0);
    answer.ttft_us = ttft_us;
    traffic.Add(answer);
  }
}

TEST(ObservedTrafficTest, throughput_is_that_of_the_busiest_span_that_was_fast_enough) {
  ObservedTraffic traffic;
  AddSpan(traffic, 0, 100, 300'000);
  AddSpan(traffic, 1, 300, 900'000);
  AddSpan(traffic, 2, 500, 3'000'000);
  AddSpan(traffic, 3, 9'000, 100'000, 19);  // too few
  const auto any = traffic.Throughput("gpu", std::nullopt);
  ASSERT_TRUE(any);
  EXPECT_EQ(any->tokens_per_hour, 20 * 500 * 12);
  EXPECT_EQ(any->spans, 3u);
  const auto second = traffic.Throughput("gpu", 1'000'000);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->tokens_per_hour, 20 * 300 * 12);
  EXPECT_EQ(second->ttft_p95_us, 900'000);
  EXPECT_EQ(second->begin, kMidnight + 300);
  EXPECT_FALSE(traffic.Throughput("gpu", 100'000));
  EXPECT_FALSE(traffic.Throughput("other", std::nullopt));
}

constexpr const char* kLogLine =
    R"({"time":"2026-11-30T00:00:01.250Z","id":"a","class":"code","target":"m@gpu","outcome":"ok",)"
    R"("attempts":[{"target":"m@gpu","ms":5.001}],"tokens":{"input":100,"cached_input":40,)"
    R"("cache_write":0,"output":20,"reasoning":5},"cost_usd":0.000000000,"ttft_ms":12.500})";

TEST(AccessLogTest, a_line_is_an_answer_with_its_tokens) {
  ObservedTraffic traffic;
  AccessLogCounts counts;
  EXPECT_TRUE(IsAccessLog(kLogLine));
  ASSERT_TRUE(ReadAccessLine(kLogLine, traffic, counts));
  EXPECT_EQ(counts.answers, 1u);
  EXPECT_EQ(traffic.first(), kMidnight + 1);
  EXPECT_EQ(traffic.MonthlyTokens().front().name, "code");
}

TEST(AccessLogTest, requests_without_an_answer_and_torn_lines_add_nothing) {
  ObservedTraffic traffic;
  AccessLogCounts counts;
  EXPECT_TRUE(
      ReadAccessLine(R"({"time":"2026-11-30T00:00:01.250Z","target":"none"})", traffic, counts));
  EXPECT_EQ(counts.others, 1u);
  for (const char* line :
       {"", "{", "[]", "x", R"({"time":"noon"})", R"({"time":5})",
        R"({"time":"2026-11-30T00:00:01.250Z","target":"m@gpu","tokens":{"input":-1}})",
        R"({"time":"2026-11-30T00:00:01.250Z","target":"m@gpu","tokens":{"input":1},"ms":)"}) {
    EXPECT_FALSE(ReadAccessLine(line, traffic, counts)) << line;
  }
  EXPECT_EQ(traffic.answers(), 0);
}

TEST(TrafficSourceTest, access_logs_are_recognised_and_bad_lines_are_counted) {
  TemporaryFolder folder;
  folder.Write("access.jsonl", std::string(kLogLine) + "\n" + kLogLine + "\n{\"time\":\"20");
  std::uint64_t bytes = 0;
  const auto source =
      ReadTraffic({folder.Path("access.jsonl")}, [&](std::uint64_t read) { bytes += read; });
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(source->traffic.answers(), 2);
  EXPECT_GT(bytes, 500u);
  ASSERT_EQ(source->cautions.size(), 1u);
  EXPECT_EQ(source->cautions[0], "1 line could not be read and is left out");
}

TEST(TrafficSourceTest, what_has_no_answers_is_an_error_that_says_what_to_give) {
  TemporaryFolder folder;
  folder.Write("other.txt", "hello\n");
  const auto none = [](std::uint64_t) {};
  const auto source = ReadTraffic({folder.Path("other.txt")}, none);
  EXPECT_THAT(std::string(source.status().message()), HasSubstr("give a recording"));
  EXPECT_THAT(std::string(source.status().message()), HasSubstr("1 line could not be read"));
  EXPECT_FALSE(ReadTraffic({folder.Path("missing")}, none).ok());
}

}  // namespace
}  // namespace headgate::gateway
