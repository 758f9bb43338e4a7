#include "backends/protocols/openai/answer_fields.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace headgate::backends::openai {
namespace {

std::optional<AnswerFields> Read(std::string_view json) {
  std::string padded(json);
  padded.append(64, ' ');
  return ReadAnswerFields(std::string_view(padded).substr(0, json.size()));
}

TEST(ReadAnswerFieldsTest, OnlyTheTopLevelCounts) {
  const auto answer =
      Read(R"({"choices":[{"usage":{"prompt_tokens":1},"message":{"content":"\"usage\":{}"}}],)"
           R"("x":{"service_tier":"flex"}})");
  ASSERT_TRUE(answer.has_value());
  EXPECT_FALSE(answer->usage.tokens.has_value());
  EXPECT_EQ(answer->usage.service_tier, "");
}

TEST(ReadAnswerFieldsTest, ReadsTheServiceTier) {
  EXPECT_EQ(Read(R"({"service_tier":"priority"})")->usage.service_tier, "priority");
  EXPECT_EQ(Read(R"({"service_tier":null})")->usage.service_tier, "");
}

TEST(ReadAnswerFieldsTest, RefusesWhatIsNoWholeObject) {
  for (const std::string_view json :
       {"", " ", "null", "[]", "\"text\"", "<html>", "{", R"({"id":"x")", R"({"id":"x",)",
        R"({"choices":[{"message":{"content":"half)", R"({"a":1} {"b":2})", R"({"a" 1})"}) {
    EXPECT_FALSE(Read(json).has_value()) << json;
  }
}

TEST(ReadAnswerFieldsTest, SkipsAByteOrderMark) {
  EXPECT_EQ(Read("\xEF\xBB\xBF{\"service_tier\":\"flex\"}")->usage.service_tier, "flex");
}

struct ErrorCase {
  std::string_view json;
  bool error = false;
  bool words = false;
  bool answers = false;
};

TEST(ReadAnswerFieldsTest, TellsAnErrorFromAnAnswer) {
  const ErrorCase cases[] = {
      {"{}"},
      {R"({"id":"x","choices":null})"},
      {R"({"choices":[]})", false, false, true},
      {R"({"object":"list","data":[{"embedding":[0.5]}]})", false, false, true},
      {R"({"usage":{"total_tokens":1}})", false, false, true},
      {R"({"error":{"message":"x"}})", true},
      {R"({"error":{}})", true},
      {R"({"error":[]})", true},
      {R"({"error":null})"},
      {R"({"error":true})", true},
      {R"({"error":{},"choices":[{}]})", false, false, true},
      {R"({"choices":[{}],"error":{"code":null,"message":"","x":[{"y":0},false]}})", false, false,
       true},
      {R"({"error":"","choices":[{}]})", false, false, true},
      {R"({"error":[],"choices":[{}]})", false, false, true},
      {R"({"error":{"code":7},"choices":[{}]})", true, false, true},
      {R"({"error":{"x":[[[[[[1]]]]]]},"choices":[{}]})", true, false, true},
      {R"({"choices":[{"error":null},{"error":{"message":"x"}}]})", true, false, true},
      {R"({"object":"error","message":"x"})", true},
      {R"({"detail":"x"})", false, true},
      {R"({"detail":"x","choices":[{}]})", false, false, true},
      {R"({"message":"x","code":500,"data":{}})", false, true},
      {R"({"choices":[{}],"base_resp":{"status_code":1027,"status_msg":"x"}})", true, false, true},
      {R"({"choices":[{}],"base_resp":{"status_code":0}})", false, false, true},
  };
  for (const ErrorCase& one : cases) {
    SCOPED_TRACE(one.json);
    const std::optional<AnswerFields> top = ReadAnswerFieldsCopied(one.json);
    ASSERT_TRUE(top.has_value());
    EXPECT_EQ(top->error, one.error);
    EXPECT_EQ(top->error_words, one.words);
    EXPECT_EQ(top->is_answer, one.answers);
  }
}

TEST(ReadAnswerFieldsTest, ReadsLargeAnswersOneAfterTheOther) {
  const std::string text(3u << 20, 'x');
  for (int i = 0; i < 3; ++i) {
    const auto answer = Read(R"({"choices":[{"message":{"content":")" + text +
                             R"("}}],"usage":{"prompt_tokens":5,"completion_tokens":6}})");
    ASSERT_TRUE(answer && answer->usage.tokens);
    EXPECT_EQ(answer->usage.tokens->output, 6);
    EXPECT_TRUE(Read("{}").has_value());
  }
}

}  // namespace
}  // namespace headgate::backends::openai
