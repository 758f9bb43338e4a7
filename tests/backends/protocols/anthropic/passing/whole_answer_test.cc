#include "backends/protocols/anthropic/passing/whole_answer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/backends/protocols/values/usage_equality.h"

namespace headgate::backends::anthropic {
namespace {

using Kind = WholeAnswer::Kind;

constexpr std::string_view kMessage =
    R"({"id":"msg_01","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Hi"},{"type":"tool_use","id":"t","name":"f","input":{"a":"b\n","c":[1,{"d":"é"}]}},{"type":"thinking","thinking":"hm","signature":"xxxxxxxx"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":14,"cache_creation_input_tokens":3,"cache_read_input_tokens":2,"output_tokens_details":{"thinking_tokens":4},"server_tool_use":null,"service_tier":"priority"}})";

TEST(AnthropicWholeAnswer, TellsAnswersFromErrorsAndFromWhatIsNeither) {
  struct {
    std::string_view body;
    Kind kind;
  } const cases[] = {
      {kMessage, Kind::kAnswer},
      {R"({"input_tokens":14})", Kind::kAnswer},
      {R"({"type":"message","content":[],"error":null})", Kind::kAnswer},
      {R"({"type":"error","error":{"type":"overloaded_error","message":"x"}})", Kind::kError},
      {R"({"error":"x"})", Kind::kError},
      {R"({"detail":"model loading"})", Kind::kError},
      {R"([{"error":{"message":"x"}}])", Kind::kError},
      {"{}", Kind::kIncomplete},
      {R"({"type":"message","content":null})", Kind::kIncomplete},
      {R"({"type":"message","content":[)", Kind::kNoAnswer},
      {"[]", Kind::kNoAnswer},
      {"", Kind::kNoAnswer},
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

TEST(AnthropicWholeAnswer, HasItsUsageWholeAndInPieces) {
  const ReportedTokens tokens{15, 2, 3, 14, 4};
  EXPECT_EQ(ReadWholeAnswerCopied(kMessage).usage.tokens, tokens);
  EXPECT_EQ(ReadWholeAnswerCopied(kMessage).usage.service_tier, "priority");
  EXPECT_FALSE(ReadWholeAnswerCopied(R"({"input_tokens":14})").usage.tokens);
  for (std::size_t piece = 1; piece <= kMessage.size(); ++piece) {
    AnswerScanner scanner(kScannedMessage);
    for (std::size_t at = 0; at < kMessage.size(); at += piece) {
      scanner.Feed(kMessage.substr(at, piece));
    }
    ASSERT_EQ(scanner.usage().tokens, tokens) << piece;
    // "Hi", "f", "a", "b\n", "c", "d", "é", "hm"
    ASSERT_EQ(scanner.output_bytes(), 2u + 1 + 1 + 2 + 1 + 1 + 2 + 2) << piece;
  }
}

TEST(AnthropicWholeAnswer, TakesAByteOrderMarkOut) {
  std::string body = "\xEF\xBB\xBF" + std::string(kMessage);
  EXPECT_EQ(ReadWholeAnswer(body).kind, Kind::kAnswer);
  EXPECT_EQ(body, kMessage);
}

}  // namespace
}  // namespace headgate::backends::anthropic
