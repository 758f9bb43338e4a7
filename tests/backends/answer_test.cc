#include "backends/openai/answer.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace headgate::backends::openai {
namespace {

std::optional<Answer> Read(std::string_view json) {
  std::string padded(json);
  padded.append(64, ' ');
  return ReadAnswer(std::string_view(padded).substr(0, json.size()));
}

struct UsageCase {
  const char* name;
  std::string_view usage;
  std::optional<ReportedUsage> want;
};

TEST(ReadAnswerTest, ReadsUsageInEveryDialect) {
  const UsageCase cases[] = {
      {"openai",
       R"({"prompt_tokens":12,"completion_tokens":7,"total_tokens":19,
           "prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0,"cache_write_tokens":2},
           "completion_tokens_details":{"reasoning_tokens":5,"audio_tokens":0}})",
       ReportedUsage{12, 4, 2, 7, 5}},
      {"embeddings", R"({"prompt_tokens":8,"total_tokens":8})", ReportedUsage{.input = 8}},
      {"vllm",
       R"({"prompt_tokens":9,"total_tokens":10,"completion_tokens":1,
           "prompt_tokens_details":{"cached_tokens":3,"created_cache_tokens":6}})",
       ReportedUsage{9, 3, 6, 1, 0}},
      {"sglang",
       R"({"prompt_tokens":9,"completion_tokens":6,"reasoning_tokens":4,
           "prompt_tokens_details":null})",
       ReportedUsage{9, 0, 0, 6, 4}},
      {"deepseek", R"({"prompt_tokens":9,"completion_tokens":6,"prompt_cache_hit_tokens":8})",
       ReportedUsage{9, 8, 0, 6, 0}},
      {"details_before_deepseeks_name",
       R"({"prompt_cache_hit_tokens":8,"prompt_tokens":9,"completion_tokens":6,
           "prompt_tokens_details":{"cached_tokens":7}})",
       ReportedUsage{9, 7, 0, 6, 0}},
      {"null", "null", std::nullopt},
      {"not_an_object", "[1]", std::nullopt},
      {"no_prompt_tokens", R"({"completion_tokens":3})", std::nullopt},
      {"negative", R"({"prompt_tokens":-1,"completion_tokens":3})", std::nullopt},
      {"negative_output", R"({"prompt_tokens":1,"completion_tokens":-3})", std::nullopt},
      {"absurd", R"({"prompt_tokens":9007199254740993,"completion_tokens":3})", std::nullopt},
      {"beyond_64_bits", R"({"prompt_tokens":99999999999999999999,"completion_tokens":3})",
       std::nullopt},
      {"a_fraction", R"({"prompt_tokens":1.5,"completion_tokens":3})", std::nullopt},
      {"a_text", R"({"prompt_tokens":"1","completion_tokens":3})", std::nullopt},
  };
  for (const UsageCase& one : cases) {
    SCOPED_TRACE(one.name);
    const std::optional<Answer> answer =
        Read(R"({"id":"x","usage":)" + std::string(one.usage) + R"(,"choices":[{"message":{}}]})");
    ASSERT_TRUE(answer.has_value());
    ASSERT_EQ(answer->usage.has_value(), one.want.has_value());
    if (!one.want) continue;
    EXPECT_EQ(answer->usage->input, one.want->input);
    EXPECT_EQ(answer->usage->cached_input, one.want->cached_input);
    EXPECT_EQ(answer->usage->cache_write, one.want->cache_write);
    EXPECT_EQ(answer->usage->output, one.want->output);
    EXPECT_EQ(answer->usage->reasoning, one.want->reasoning);
  }
}

TEST(ReadAnswerTest, OnlyTheTopLevelCounts) {
  const auto answer =
      Read(R"({"choices":[{"usage":{"prompt_tokens":1},"message":{"content":"\"usage\":{}"}}],)"
           R"("x":{"service_tier":"flex"}})");
  ASSERT_TRUE(answer.has_value());
  EXPECT_FALSE(answer->usage.has_value());
  EXPECT_EQ(answer->service_tier, "");
}

TEST(ReadAnswerTest, ReadsTheServiceTier) {
  EXPECT_EQ(Read(R"({"service_tier":"priority"})")->service_tier, "priority");
  EXPECT_EQ(Read(R"({"service_tier":null})")->service_tier, "");
}

TEST(ReadAnswerTest, RefusesWhatIsNoWholeObject) {
  for (const std::string_view json :
       {"", " ", "null", "[]", "\"text\"", "<html>", "{", R"({"id":"x")", R"({"id":"x",)",
        R"({"choices":[{"message":{"content":"half)", R"({"a":1} {"b":2})", R"({"a" 1})"}) {
    EXPECT_FALSE(Read(json).has_value()) << json;
  }
}

TEST(ReadAnswerTest, ReadsLargeAnswersOneAfterTheOther) {
  const std::string text(3u << 20, 'x');
  for (int i = 0; i < 3; ++i) {
    const auto answer = Read(R"({"choices":[{"message":{"content":")" + text +
                             R"("}}],"usage":{"prompt_tokens":5,"completion_tokens":6}})");
    ASSERT_TRUE(answer && answer->usage);
    EXPECT_EQ(answer->usage->output, 6);
    EXPECT_TRUE(Read("{}").has_value());
  }
}

}  // namespace
}  // namespace headgate::backends::openai
