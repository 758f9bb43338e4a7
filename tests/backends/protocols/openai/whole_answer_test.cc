#include "backends/protocols/openai/whole_answer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::backends::openai {
namespace {

using Kind = WholeAnswer::Kind;

struct AnswerCase {
  std::string_view body;
  Kind kind;
};

constexpr AnswerCase kCases[] = {
    {R"({"choices":[{"message":{"content":"x"}}]})", Kind::kAnswer},
    {R"({"object":"list","data":[]})", Kind::kAnswer},
    {R"({"error":{"message":"x"}})", Kind::kError},
    {R"({"choices":[{"error":{"message":"x"}}]})", Kind::kError},
    {R"({"choices":[{"message":{"content":"x"},"finish_reason":"error"}]})", Kind::kError},
    {R"({"choices":[{"message":{"content":"x"},"finish_reason":"abort"}]})", Kind::kError},
    {R"({"choices":[{"message":{"content":"x"},"finish_reason":"insufficient_system_resource"}]})",
     Kind::kError},
    {R"({"choices":[{"message":{"content":"x"},"finish_reason":"network_error"}]})", Kind::kError},
    {R"({"choices":[{"message":{"content":"x"},"finish_reason":"sensitive"}]})", Kind::kAnswer},
    {R"({"detail":"model loading"})", Kind::kError},
    {R"([{"error":{"message":"x"}}])", Kind::kError},
    {"{}", Kind::kIncomplete},
    {R"({"id":"x","choices":null})", Kind::kIncomplete},
    {R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6}})", Kind::kIncomplete},
    {R"({"choices":[{"message":{"content":"half)", Kind::kNoAnswer},
    {"data: {\"choices\":[]}\n\n", Kind::kNoAnswer},
    {"<html>", Kind::kNoAnswer},
    {"[]", Kind::kNoAnswer},
    {"", Kind::kNoAnswer},
};

TEST(ReadWholeAnswerTest, TellsAnswersFromErrorsAndFromWhatIsNeither) {
  for (const AnswerCase& one : kCases) {
    SCOPED_TRACE(one.body);
    std::string body(one.body);
    const WholeAnswer answer = ReadWholeAnswer(body);
    EXPECT_EQ(answer.kind, one.kind);
    EXPECT_EQ(answer.missing.empty(), one.kind != Kind::kIncomplete);
    EXPECT_EQ(body, one.body);
    EXPECT_EQ(ReadWholeAnswerCopied(one.body).kind, one.kind);
  }
}

TEST(ReadWholeAnswerTest, TakesAByteOrderMarkOut) {
  std::string body = "\xEF\xBB\xBF{\"choices\":[{}],\"service_tier\":\"flex\"}";
  const WholeAnswer answer = ReadWholeAnswer(body);
  EXPECT_EQ(answer.kind, Kind::kAnswer);
  EXPECT_EQ(answer.usage.service_tier, "flex");
  EXPECT_EQ(body, "{\"choices\":[{}],\"service_tier\":\"flex\"}");
}

TEST(ReadWholeAnswerTest, ReadsTheUsageOfAnErrorToo) {
  std::string body =
      R"({"error":{"message":"x"},"usage":{"prompt_tokens":5,"completion_tokens":6}})";
  const WholeAnswer answer = ReadWholeAnswer(body);
  EXPECT_EQ(answer.kind, Kind::kError);
  ASSERT_TRUE(answer.usage.tokens);
  EXPECT_EQ(answer.usage.tokens->output, 6);
}

}  // namespace
}  // namespace headgate::backends::openai
