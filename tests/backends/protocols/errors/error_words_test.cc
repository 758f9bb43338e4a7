#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/clean_text.h"

namespace headgate::backends {
namespace {

TEST(ReadErrorBodyTest, NeverTakesMarkupForWords) {
  EXPECT_EQ(ReadErrorBody(502, "Bad Gateway", /*markup=*/true).message, "HTTP 502");
  EXPECT_EQ(ReadErrorBody(502, "Bad Gateway").message, "Bad Gateway");
  EXPECT_EQ(ReadErrorBody(502, " <!-- x --> <p>no</p>").message, "HTTP 502");
}

TEST(ReadErrorBodyTest, ReadsTheWordsBeforeAnEchoOfTheWholePrompt) {
  const std::string body =
      R"({"detail":[{"type":"missing","loc":["body","n"],"msg":"Field required","input":{"m":")" +
      std::string(300'000, 'x') + R"("}}]})";
  EXPECT_EQ(ReadErrorBody(422, body).message, "body.n: Field required");
}

TEST(ReadErrorBodyTest, StandsDeepNesting) {
  for (const std::string_view open : {"[", R"({"error":)", R"({"message":[)"}) {
    std::string body;
    for (int i = 0; i < 20'000; ++i) body += open;
    EXPECT_EQ(ReadErrorBody(400, body).message, "HTTP 400");
    EXPECT_EQ(ReadErrorBody(400, body + "\"x\"").message, "HTTP 400");
  }
}

// For any input, the words are valid UTF-8 of bounded size, and none of them is empty.
TEST(ReadErrorBodyTest, TornAndGarbledBodiesGiveCleanWords) {
  const std::string body =
      "{\"detail\":[{\"loc\":[\"body\",1],\"msg\":\"\xE2\x82\xAC\\ud83d\\ude00\\n\"}],\"type\":"
      "\"t\"}";
  for (std::size_t size = 0; size <= body.size(); ++size) {
    for (const char garble : {'\0', '\xFF', '"', '\\', '}', ']'}) {
      std::string torn = body.substr(0, size);
      if (size > 0) torn[size / 2] = garble;
      for (const std::string& one : {torn, body.substr(0, size)}) {
        const ErrorBody error = ReadErrorBody(400, one);
        ASSERT_FALSE(error.message.empty());
        for (const std::string& text : {error.message, error.type, error.code, error.param}) {
          for (std::size_t at = 0; at < text.size(); at += json::Utf8Length(text, at)) {
            ASSERT_NE(json::Utf8Length(text, at), 0u) << one;
          }
        }
      }
    }
  }
}

TEST(ReadErrorBodyTest, TakesFiveHundredBytesOfPlainText) {
  std::string text = "a";
  while (text.size() < 10'000) text += "\xE2\x82\xAC";
  const ErrorBody error = ReadErrorBody(500, text);
  EXPECT_EQ(error.message, text.substr(0, 499));
}

TEST(ReadErrorBodyTest, CutsALongMessageBetweenCharacters) {
  std::string text = "a";
  while (text.size() < 10'000) text += "\xC3\xA9";
  const ErrorBody error = ReadErrorBody(400, R"({"error":{"message":")" + text + R"("}})");
  EXPECT_LE(error.message.size(), 4096u);
  EXPECT_GT(error.message.size(), 4000u);
  EXPECT_EQ(error.message.size() % 2, 1u);
  EXPECT_TRUE(text.starts_with(error.message));
}

}  // namespace
}  // namespace headgate::backends
