#include "backends/protocols/openai/large_answer.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::backends::openai {
namespace {

AnswerUsage ReadInPieces(std::string_view json, std::size_t piece) {
  LargeAnswer answer;
  for (std::size_t at = 0; at < json.size(); at += piece) answer.Feed(json.substr(at, piece));
  return answer.Read();
}

TEST(LargeAnswerTest, FindsUsageWhereverItStandsAndHoweverItIsCut) {
  const std::string usage = R"("usage" : {"prompt_tokens":7,"completion_tokens":5,
      "prompt_tokens_details":{"cached_tokens":3}, "a":[{"b":"}\"]"}]})";
  const std::string bodies[] = {
      R"({"object":"list","data":[{"embedding":"AAAA"}],"model":"m",)" + usage + "}",
      "{" + usage + R"(,"choices":[{"message":{"content":"x"}}]} )",
      R"({"a":"\\",)" + usage + R"(,"b":"\"usage\":{}","c":{"usage":{"prompt_tokens":1}}})",
  };
  for (const std::string& body : bodies) {
    for (std::size_t piece = 1; piece <= body.size(); ++piece) {
      const std::optional<ReportedTokens> read = ReadInPieces(body, piece).tokens;
      ASSERT_TRUE(read) << body << " in pieces of " << piece;
      EXPECT_EQ(read->input, 7);
      EXPECT_EQ(read->cached_input, 3);
      EXPECT_EQ(read->output, 5);
    }
  }
}

TEST(LargeAnswerTest, ReadsTheTier) {
  const AnswerUsage answer =
      ReadInPieces(R"({"service_tier":"priority","choices":[],"usage":{"prompt_tokens":1}})", 3);
  EXPECT_EQ(answer.service_tier, "priority");
  EXPECT_TRUE(answer.tokens);
}

TEST(LargeAnswerTest, TakesNothingThatIsNotTheAnswersOwn) {
  const std::string_view bodies[] = {
      "",
      "[",
      "}}}",
      R"([{"usage":{"prompt_tokens":1}}])",
      R"({"choices":[{"usage":{"prompt_tokens":1}}]})",
      R"({"content":"\"usage\":{\"prompt_tokens\":1}"})",
      R"({"usage":null})",
      R"({"usage":{"prompt_tokens":-1}})",
      R"({"usage":{"prompt_tokens":1)",
      R"({"usage_of_another":{"prompt_tokens":1}})",
  };
  for (const std::string_view body : bodies) {
    for (std::size_t piece = 1; piece <= 8; ++piece) {
      EXPECT_FALSE(ReadInPieces(body, piece).tokens) << body << " in pieces of " << piece;
    }
  }
}

TEST(LargeAnswerTest, KeepsLittleHoweverMuchComes) {
  LargeAnswer answer;
  answer.Feed(R"({"service_tier":"flex","usage":{"prompt_tokens":1,"junk":")");
  const std::string junk(1u << 20, 'x');
  for (int i = 0; i < 8; ++i) answer.Feed(junk);
  answer.Feed("\"}}");
  EXPECT_FALSE(answer.Read().tokens);
  EXPECT_EQ(answer.Read().service_tier, "flex");
}

}  // namespace
}  // namespace headgate::backends::openai
