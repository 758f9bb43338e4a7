#include "backends/protocols/passing/answer_scanner.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/openai/whole_answer.h"

namespace headgate::backends {
namespace {

AnswerUsage ReadInPieces(std::string_view json, std::size_t piece) {
  AnswerScanner scanner(openai::kScannedCompletion);
  for (std::size_t at = 0; at < json.size(); at += piece) scanner.Feed(json.substr(at, piece));
  return scanner.usage();
}

std::size_t Measure(std::string_view json, std::size_t piece) {
  AnswerScanner scanner(openai::kScannedCompletion);
  for (std::size_t at = 0; at < json.size(); at += piece) scanner.Feed(json.substr(at, piece));
  return scanner.output_bytes();
}

TEST(AnswerScannerTest, FindsUsageWhereverItStandsAndHoweverItIsCut) {
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

TEST(AnswerScannerTest, ReadsTheTier) {
  const AnswerUsage answer =
      ReadInPieces(R"({"service_tier":"priority","choices":[],"usage":{"prompt_tokens":1}})", 3);
  EXPECT_EQ(answer.service_tier, "priority");
  EXPECT_TRUE(answer.tokens);
}

TEST(AnswerScannerTest, TakesNothingThatIsNotTheAnswersOwn) {
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

TEST(AnswerScannerTest, KeepsLittleHoweverMuchComes) {
  AnswerScanner scanner(openai::kScannedCompletion);
  scanner.Feed(R"({"service_tier":"flex","usage":{"prompt_tokens":1,"junk":")");
  const std::string junk(1u << 20, 'x');
  for (int i = 0; i < 8; ++i) scanner.Feed(junk);
  scanner.Feed("\"}}");
  EXPECT_FALSE(scanner.usage().tokens);
  EXPECT_EQ(scanner.usage().service_tier, "flex");
}

struct ScanCase {
  std::string_view json;
  std::size_t bytes;
};

TEST(AnswerScannerTest, CountsWhatWasWrittenAndNothingAround) {
  const ScanCase cases[] = {
      {R"({"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"12345"},)"
       R"("finish_reason":"stop"}],"usage":null})",
       5},
      {R"({"choices" : [ {"message" : {"content" : "a b"}} , {"message":{"content":"cd"}} ]})", 5},
      {R"({"choices":[{"text":"1234","logprobs":{"tokens":["12","34"],"content":["x"]}}]})", 4},
      // Reasoning, refusals and calls are output; their ids and types are not.
      {R"({"choices":[{"message":{"content":null,"reasoning_content":"123","refusal":"45",)"
       R"("tool_calls":[{"id":"call_1","type":"function",)"
       R"("function":{"name":"67","arguments":"{\"a\":1}"}}]}}]})",
       14},
      {R"({"choices":[{"message":{"content":[{"type":"text","text":"123"}]}}]})", 3},
      // An escape counts as the bytes of its character in UTF-8.
      {R"({"choices":[{"text":"\n\\\"\u0041\u00e9\u20AC\ud83d\uDE00"}]})", 3 + 1 + 2 + 3 + 4},
      {"{\"choices\":[{\"text\":\"\xC3\xA9\"}]}", 2},
      {R"({"choices":[{"text":"\",\"text\":\"x"}]})", 11},
      // Only text in `choices` counts.
      {R"({"content":"12345","error":{"text":"1"},"data":[{"embedding":"AAAA","text":"1"}]})", 0},
      {R"({"choices":[],"text":"12345"})", 0},
      {R"({"a":{"choices":[{"text":"12345"}]}})", 0},
      {R"({"b":"choices","c":[{"text":"12345"}]})", 0},
      {"", 0},
      {"]}]{", 0},
      // Answers that break off count up to there.
      {R"({"choices":[{"message":{"content":"1234)", 4},
      {R"({"choices":[{"message":{"content":"1\u00e)", 1},
  };
  for (const ScanCase& c : cases) {
    for (std::size_t piece = 1; piece <= c.json.size() + 1; ++piece) {
      EXPECT_EQ(Measure(c.json, piece), c.bytes) << c.json << " in pieces of " << piece;
    }
  }
}

TEST(AnswerScannerTest, TakesNoNameWithAnEscapeForAnother) {
  EXPECT_FALSE(ReadInPieces(R"({"\nusage":{"prompt_tokens":1}})", 3).tokens);
  EXPECT_FALSE(ReadInPieces(R"({"usage\u0020":{"prompt_tokens":1}})", 3).tokens);
  EXPECT_EQ(Measure(R"({"choices":[{"\ttext":"12345"}]})", 3), 0u);
}

TEST(AnswerScannerTest, FindsUsageBehindAnEscapeThatWasCutOff) {
  EXPECT_TRUE(
      ReadInPieces(R"({"choices":[{"text":"\u12"}],"usage":{"prompt_tokens":1}})", 3).tokens);
}

}  // namespace
}  // namespace headgate::backends
