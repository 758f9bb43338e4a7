#include "loadtest/load/run/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

namespace headgate::loadtest::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One stream of traffic: 100 answers, and 4 that were refused.
LoadResult ResultOfOne() {
  Tally tally;
  tally.sent = 104;
  tally.ok = 100;
  tally.errors["status_429"] = 4;
  tally.statuses = {{200, 100}, {429, 4}};
  tally.targets = {{"m@gpu", 75}, {"m@api", 25}};
  tally.slo_met = 90;
  tally.slo_missed = 14;
  tally.input_tokens = 1000;
  tally.cached_tokens = 400;
  for (int i = 1; i <= 100; ++i) {
    tally.ttft.Add(milliseconds(10 * i));
    tally.latency.Add(milliseconds(10 * i + 5000));
    tally.served.Add(seconds(5));
  }
  for (int i = 0; i < 4; ++i) tally.retry_after.Add(seconds(3));
  LoadResult result;
  result.mix = {tally, tally};
  result.elapsed = seconds(10);
  return result;
}

std::vector<MixEntry> TwoEntries() {
  std::vector<MixEntry> mix(2);
  mix[0].name = "a";
  mix[1].name = "b";
  return mix;
}

TEST(Report, each_stream_of_traffic_has_its_figures) {
  const auto report = ToJson(ResultOfOne(), TwoEntries(), 1);
  const auto& of_a = report.at("mix").at("a");
  EXPECT_NEAR(of_a.at("ttft_ms").at("p50").to_number<double>(), 500, 10);
  EXPECT_NEAR(of_a.at("ttft_ms").at("p95").to_number<double>(), 950, 10);
  EXPECT_NEAR(of_a.at("ttft_ms").at("p99").to_number<double>(), 990, 10);
  EXPECT_NEAR(of_a.at("latency_ms").at("p95").to_number<double>(), 5950, 60);
  EXPECT_EQ(of_a.at("statuses").at("200").to_number<int>(), 100);
  EXPECT_EQ(of_a.at("statuses").at("429").to_number<int>(), 4);
  EXPECT_DOUBLE_EQ(of_a.at("targets").at("m@gpu").at("share").to_number<double>(), 0.75);
  EXPECT_EQ(of_a.at("targets").at("m@api").at("answers").to_number<int>(), 25);
  EXPECT_NEAR(of_a.at("slo").at("share_met").to_number<double>(), 90.0 / 104, 1e-9);
  EXPECT_DOUBLE_EQ(of_a.at("served_seconds").to_number<double>(), 500);
  EXPECT_NEAR(of_a.at("retry_after_ms").at("p50").to_number<double>(), 3000, 30);
  EXPECT_EQ(of_a.at("cached_tokens").to_number<int>(), 400);
}

TEST(Report, the_total_is_the_sum) {
  const auto report = ToJson(ResultOfOne(), TwoEntries(), 1);
  const auto& total = report.at("total");
  EXPECT_EQ(total.at("statuses").at("429").to_number<int>(), 8);
  EXPECT_EQ(total.at("targets").at("m@gpu").at("answers").to_number<int>(), 150);
  EXPECT_EQ(total.at("slo").at("met").to_number<int>(), 180);
  EXPECT_DOUBLE_EQ(total.at("served_seconds").to_number<double>(), 1000);
  EXPECT_EQ(total.at("cached_tokens").to_number<int>(), 800);
  EXPECT_EQ(total.at("retry_after_ms").at("count").to_number<int>(), 8);
}

TEST(Report, the_table_says_who_answered_and_whether_in_time) {
  std::ostringstream out;
  PrintTable(ResultOfOne(), TwoEntries(), out);
  EXPECT_THAT(out.str(), testing::HasSubstr("a: first token in time: 86.5 % of 104\n"));
  EXPECT_THAT(out.str(), testing::HasSubstr("b: answered by m@gpu: 75.0 % of 100\n"));
}

TEST(Report, nothing_is_divided_by_nothing) {
  LoadResult empty;
  empty.mix.resize(2);
  const auto report = ToJson(empty, TwoEntries(), 0);
  EXPECT_EQ(report.at("total").at("slo").at("share_met").to_number<double>(), 0);
  EXPECT_TRUE(report.at("total").at("targets").as_object().empty());
}

}  // namespace
}  // namespace headgate::loadtest::load
