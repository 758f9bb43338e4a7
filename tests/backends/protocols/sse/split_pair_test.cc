#include "backends/protocols/sse/split_pair.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "backends/protocols/json/members.h"

namespace headgate::backends {
namespace {

// What the pieces of a text, each the inside of a literal, add up to.
std::string JoinedText(const std::vector<std::string>& pieces) {
  SplitPair pair;
  std::string text;
  std::string scratch;
  for (const std::string& piece : pieces) {
    const std::string token = "\"" + piece + "\"";
    text += json::TextOfToken(pair.Join(token), scratch).value_or("?");
  }
  return text;
}

TEST(SplitPairTest, PutsAPairTogether) {
  EXPECT_EQ(JoinedText({R"(a\ud83d)", R"(\ude00b)"}), "a😀b");
  EXPECT_EQ(JoinedText({R"(\uD83D)", "", R"(\uDE00)"}), "😀");
  EXPECT_EQ(JoinedText({R"(\ud83d)", R"(\ude00\ud83d)", R"(\ude01)"}), "😀😁");
  EXPECT_EQ(JoinedText({R"(\\\ud83d)", R"(\ude00)"}), "\\😀");
}

TEST(SplitPairTest, LeavesOtherTextsAlone) {
  EXPECT_EQ(JoinedText({R"(\ud83d\ude00)", R"(\n)"}), "😀\n");
  EXPECT_EQ(JoinedText({R"(\\ud83d)", R"(\\ude00)"}), "\\ud83d\\ude00") << "no escapes";
  EXPECT_EQ(JoinedText({"ud83d", "a"}), "ud83da");
  EXPECT_EQ(JoinedText({R"(\ud83d)", "a"}),
            "\xEF\xBF\xBD"
            "a")
      << "half a pair";
  EXPECT_EQ(JoinedText({R"(\ude00)"}), "\xEF\xBF\xBD");
  SplitPair pair;
  EXPECT_EQ(pair.Join("null"), "null");
  EXPECT_EQ(pair.Join(""), "");
}

TEST(SplitPairTest, ForgetsAHalfWhenItsTextIsOver) {
  SplitPair pair;
  EXPECT_EQ(pair.Join(R"("\ud83d")"), R"("")");
  pair.Clear();
  EXPECT_EQ(pair.Rest(), "");
  EXPECT_EQ(pair.Join(R"("a")"), R"("a")");
  EXPECT_EQ(pair.Join(R"("b\ud83d")"), R"("b")");
  EXPECT_EQ(pair.Rest(), "\xEF\xBF\xBD");
  EXPECT_EQ(pair.Rest(), "");
}

}  // namespace
}  // namespace headgate::backends
