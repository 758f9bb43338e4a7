#include "backends/protocols/openai_responses/passing/whole_answer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/backends/protocols/values/usage_equality.h"

namespace headgate::backends::openai_responses {
namespace {

using Kind = WholeAnswer::Kind;

constexpr std::string_view kResponse =
    R"({"id":"resp_1","object":"response","status":"completed","error":null,"instructions":"x","output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"xxxx"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"H\"i","annotations":[]}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}"}],"service_tier":"priority","usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":14}})";

TEST(ResponsesWholeAnswer, TellsAnswersFromErrorsAndFromWhatIsNeither) {
  struct {
    std::string_view body;
    Kind kind;
  } const cases[] = {
      {kResponse, Kind::kAnswer},
      {R"({"object":"response","status":"queued","output":[]})", Kind::kAnswer},
      {R"({"status":"failed","output":[],"error":{"code":"x","message":"y"}})", Kind::kError},
      {R"({"status":"failed","output":[]})", Kind::kError},
      {R"({"status":"cancelled","output":[{"type":"message"}]})", Kind::kError},
      {R"({"error":{"message":"x"}})", Kind::kError},
      {R"({"error":"x"})", Kind::kError},
      {R"({"detail":"model loading"})", Kind::kError},
      {R"([{"error":{"message":"x"}}])", Kind::kError},
      {"{}", Kind::kIncomplete},
      {R"({"error":{},"output":null})", Kind::kIncomplete},
      {R"({"output":[)", Kind::kNoAnswer},
      {"[]", Kind::kNoAnswer},
  };
  for (const auto& [text, kind] : cases) {
    std::string body(text);
    const WholeAnswer answer = ReadWholeAnswer(body);
    EXPECT_EQ(answer.kind, kind) << text;
    EXPECT_EQ(answer.missing.empty(), kind != Kind::kIncomplete) << text;
    EXPECT_EQ(body, text);
    EXPECT_EQ(ReadWholeAnswerCopied(text).kind, kind) << text;
  }
}

TEST(ResponsesWholeAnswer, HasItsUsageWholeAndInPieces) {
  const ReportedTokens tokens{9, 4, 0, 5, 2};
  EXPECT_EQ(ReadWholeAnswerCopied(kResponse).usage.tokens, tokens);
  EXPECT_EQ(ReadWholeAnswerCopied(kResponse).usage.service_tier, "priority");
  for (std::size_t piece = 1; piece <= kResponse.size(); ++piece) {
    AnswerScanner scanner(kScannedResponse);
    for (std::size_t at = 0; at < kResponse.size(); at += piece) {
      scanner.Feed(kResponse.substr(at, piece));
    }
    ASSERT_EQ(scanner.usage().tokens, tokens) << piece;
    ASSERT_EQ(scanner.usage().service_tier, "priority") << piece;
    ASSERT_EQ(scanner.output_bytes(), 2u + 3 + 1 + 7) << piece;
  }
}

TEST(ResponsesWholeAnswer, CountsTheSearchesInItsOutput) {
  struct {
    std::string_view items;
    std::int64_t searches;
    bool other_charges;
  } const cases[] = {
      {R"({"type":"message"})", 0, false},
      {R"({"type":"web_search_call"},{"type":"web_search_call","status":"completed"})", 2, false},
      {R"({"action":{"query":"a","type":"search"},"type":"web_search_call"})", 1, false},
      {R"({"type":"web_search_call","action":{"type":"open_page"}})", 0, false},
      {R"({"type":"web_search_call","status":"failed"})", 0, false},
      {R"({"type":"file_search_call"})", 0, true},
      {R"({"type":"code_interpreter_call"})", 0, true},
      {R"({"type":"image_generation_call"},7,{})", 0, true},
      {R"({"type":"mcp_call"},{"type":"function_call"})", 0, false},
  };
  for (const auto& [items, searches, other_charges] : cases) {
    std::string body = R"({"usage":{"input_tokens":9,"output_tokens":5},"output":[)";
    body.append(items).append("]}");
    const WholeAnswer answer = ReadWholeAnswerCopied(body);
    ASSERT_TRUE(answer.usage.tokens) << items;
    EXPECT_EQ(answer.usage.tokens->web_searches, searches) << items;
    EXPECT_EQ(answer.usage.tokens->other_charges, other_charges) << items;
  }
}

}  // namespace
}  // namespace headgate::backends::openai_responses
