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
