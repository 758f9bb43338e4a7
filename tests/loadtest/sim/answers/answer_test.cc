#include "loadtest/sim/answers/answer.h"

#include <gtest/gtest.h>

namespace headgate::loadtest::sim {
namespace {

std::string Collect(Answer answer) {
  std::string whole;
  for (std::int64_t i = 0; i < answer.tokens(); ++i) whole += answer.Next();
  return whole;
}

TEST(AnswerTest, PiecesOfATextAddUpToItAndKeepCharactersWhole) {
  const std::string text = "ab🌊灯台éé—x";
  Answer answer = Answer::Of(text, Answer::kNoLimit);
  for (std::int64_t i = 0; i < answer.tokens(); ++i) {
    const std::string_view piece = answer.Next();
    ASSERT_FALSE(piece.empty());
    EXPECT_NE(static_cast<unsigned char>(piece.front()) & 0xC0U, 0x80U);
  }
  EXPECT_EQ(Collect(Answer::Of(text, Answer::kNoLimit)), text);
}

TEST(AnswerTest, LimitCutsATextAndSaysSo) {
  EXPECT_FALSE(Answer::Of("12345678", 2).truncated());
  const Answer cut = Answer::Of("123456789", 2);
  EXPECT_TRUE(cut.truncated());
  EXPECT_EQ(cut.tokens(), 2);
  EXPECT_EQ(Collect(cut), "12345678");
}

TEST(AnswerTest, HugeHasTheBytesAskedFor) {
  for (const std::int64_t bytes : {0, 1, 1023, 1024, 1025, 100'000}) {
    EXPECT_EQ(Collect(Answer::Huge(bytes)).size(), static_cast<std::size_t>(bytes));
  }
}

TEST(AnswerTest, GoesOnExactlyBehindAPrefixOfAnyLength) {
  const Answer answers[] = {Answer::Canned(30), Answer::Of("ab🌊灯台éé—x, and so on", 1000),
                            Answer::Huge(3000)};
  for (const Answer& answer : answers) {
    const std::string whole = Collect(answer);
    for (std::size_t length = 0; length <= whole.size(); ++length) {
      const std::string prefix = whole.substr(0, length);
      Answer rest = answer;
      ASSERT_TRUE(rest.ContinueBehind(prefix));
      ASSERT_LE(rest.tokens(), answer.tokens());
      ASSERT_EQ(prefix + Collect(std::move(rest)), whole) << length;
    }
  }
}

TEST(AnswerTest, AWrongPrefixLeavesTheAnswerWhole) {
  const std::string whole = Collect(Answer::Canned(5));
  for (const std::string& wrong : {std::string("the"), whole + "x", whole + whole}) {
    Answer answer = Answer::Canned(5);
    EXPECT_FALSE(answer.ContinueBehind(wrong)) << wrong;
    EXPECT_EQ(Collect(std::move(answer)), whole);
  }
}

TEST(AnswerTest, ALimitCountsWhatIsLeft) {
  Answer answer = Answer::Canned(10);
  ASSERT_TRUE(answer.ContinueBehind("The ferry"));
  EXPECT_EQ(answer.tokens(), 8);
  answer.Limit(8);
  EXPECT_FALSE(answer.truncated());
  answer.Limit(2);
  EXPECT_TRUE(answer.truncated());
  EXPECT_EQ(Collect(std::move(answer)), " leaves at");
}

}  // namespace
}  // namespace headgate::loadtest::sim
