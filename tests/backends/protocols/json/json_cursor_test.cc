#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "backends/protocols/json/cursor.h"
#include "backends/protocols/json/structural_index.h"
#include "backends/protocols/json/unescape.h"

namespace headgate::backends::json {
namespace {

bool IsSound(const std::string& text) {
  static StructuralIndex index;
  if (index.Build(text.data(), text.size()) != StructuralIndex::Fault::kNone) return false;
  StringArena arena;
  arena.Reset(text.size());
  JsonCursor cursor(text, index.tokens(), arena);
  return cursor.SkipValue() && cursor.AtEnd();
}

// Random strings of structural tokens, checked against Boost.JSON. A blank follows each scalar: the
// cursor does not look into words, so two scalars that touch would be one word to it.
TEST(JsonCursor, SkippingAgreesWithAFullParserAboutStructure) {
  const std::vector<std::string> pieces = {"{",  "}",      "[",  "]",     ":",
                                           ",",  "\"a\"",  "1 ", "null ", " ",
                                           "\n", "\"k\":", "[]", "{}",    "\"\\\"]\""};
  std::mt19937 random(3);
  int sound = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string text;
    for (auto n = random() % 9; n > 0; --n) text += pieces[random() % pieces.size()];
    boost::json::error_code error;
    boost::json::parse(text, error);
    ASSERT_EQ(IsSound(text), !error) << text;
    sound += error ? 0 : 1;
  }
  EXPECT_GT(sound, 1000);
}

TEST(JsonCursor, DepthIsLimited) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(IsSound(nested(JsonCursor::kMaxDepth)));
  EXPECT_FALSE(IsSound(nested(JsonCursor::kMaxDepth + 1)));
}

TEST(UnescapeJson, WritesWhatEscapesStandFor) {
  const auto unescape = [](std::string_view literal) {
    std::string out(literal.size(), '\0');
    const char* const end = UnescapeJson(literal, out.data());
    if (end == nullptr) return std::string("malformed");
    out.resize(static_cast<std::size_t>(end - out.data()));
    return out;
  };
  EXPECT_EQ(unescape(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(unescape(R"(\u0041\u00e9\u20AC\uD83D\uDE00)"), "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(unescape(R"(\u0000)"), std::string(1, '\0'));
  EXPECT_EQ(unescape(R"(\udbff\udfff)"), "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(unescape(R"(\ud800\u0041)"),
            "\xEF\xBF\xBD"
            "A");
  for (const char* bad :
       {"\\", "\\x", "\\u", "\\u123", "\\u12g4", "\\ud83d\\u12", "\\U0041", "\\'"}) {
    EXPECT_EQ(unescape(bad), "malformed") << bad;
  }
}

TEST(StructuralIndex, ServesTextsOfEverySizeInTurn) {
  StructuralIndex index;
  for (const std::size_t size : {10u, 70000u, 3000000u, 10u, 100u}) {
    const std::string text = "[\"" + std::string(size, 'a') + "\",1]";
    ASSERT_EQ(index.Build(text.data(), text.size()), StructuralIndex::Fault::kNone);
    EXPECT_EQ(index.tokens().size(), 5u);
    index.Trim();
  }
}

}  // namespace
}  // namespace headgate::backends::json
