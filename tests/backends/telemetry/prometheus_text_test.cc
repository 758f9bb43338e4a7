#include "backends/telemetry/prometheus_text.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace headgate::backends {
namespace {

struct ReadSampleText {
  std::string name;
  std::string labels;
  double value = 0;
  bool operator==(const ReadSampleText&) const = default;
};

std::vector<ReadSampleText> SamplesOf(std::string_view text) {
  std::vector<ReadSampleText> samples;
  PrometheusText reader(text);
  PrometheusSample sample;
  while (reader.Next(sample)) {
    samples.push_back({std::string(sample.name), std::string(sample.labels), sample.value});
  }
  return samples;
}

TEST(PrometheusTextTest, ReadsOneSample) {
  const struct {
    const char* line;
    ReadSampleText expected;
  } cases[] = {
      {"queue 3", {"queue", "", 3}},
      {"  queue\t3.5  \r", {"queue", "", 3.5}},
      {"vllm:running{} 2.0", {"vllm:running", "", 2}},
      {"a{b=\"c\"} 1", {"a", "b=\"c\"", 1}},
      {"a {b=\"c\",} 1", {"a", "b=\"c\",", 1}},
      {"a{b=\"}\"} 1", {"a", "b=\"}\"", 1}},
      {R"(a{b="x\"}y"} 1)", {"a", R"(b="x\"}y")", 1}},
      {"a 1e3", {"a", "", 1000}},
      {"a +7", {"a", "", 7}},
      {"a -7", {"a", "", -7}},
      {"a 1 1700000000000", {"a", "", 1}},
      {"a 1 # {trace=\"t\"} 0.5", {"a", "", 1}},
  };
  for (const auto& [line, expected] : cases) {
    EXPECT_EQ(SamplesOf(line), std::vector{expected}) << line;
  }
}

TEST(PrometheusTextTest, SkipsWhatIsNoSample) {
  for (const char* line :
       {"",           "\n\n",        "# HELP a 1", "# TYPE a gauge", "a",     "a ",
        "a{",         "a{b=\"c\" 1", "a{b=\"c} 1", "a{b=\"c\"}",     "a NaN", "a +Inf",
        "a -Inf",     "a 1x",        "a x1",       "a 1e999",        "{} 1",  "<html>",
        "{\"a\": 1}", "=1",          "a ++1"}) {
    EXPECT_TRUE(SamplesOf(line).empty()) << line;
  }
}

TEST(PrometheusTextTest, OneBadLineHidesNoOther) {
  EXPECT_EQ(SamplesOf("a 1\nb{x=\"\nc NaN\n\n# d 1\r\ne 2\r\nf 3"),
            (std::vector<ReadSampleText>{{"a", "", 1}, {"e", "", 2}, {"f", "", 3}}));
}

TEST(PrometheusTextTest, AcceptsAnyBytes) {
  std::mt19937 random(7);
  constexpr std::string_view kBytes("ab1{}\"\\=, \n\t#.\0\xff+-eN:", 21);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t size = random() % 40; size > 0; --size) {
      text += kBytes[random() % kBytes.size()];
    }
    for (const ReadSampleText& sample : SamplesOf(text)) LabelValue(sample.labels, "a");
    LabelValue(text, "a");
  }
}

TEST(LabelValueTest, FindsALabelByItsWholeName) {
  constexpr std::string_view kLabels =
      R"(model="a,dp_rank=\"9\"", dp_rank = "1",rank="2",empty="")";
  EXPECT_EQ(LabelValue(kLabels, "dp_rank"), "1");
  EXPECT_EQ(LabelValue(kLabels, "rank"), "2");
  EXPECT_EQ(LabelValue(kLabels, "model"), R"(a,dp_rank=\"9\")");
  for (const char* absent : {"empty", "ran", "a", ""}) EXPECT_EQ(LabelValue(kLabels, absent), "");
  for (const char* broken : {"", ",", "a", "a=", "a=1", "a=\"1", "=\"1\"", "a \"1\""}) {
    EXPECT_EQ(LabelValue(broken, "a"), "") << broken;
  }
}

}  // namespace
}  // namespace headgate::backends
