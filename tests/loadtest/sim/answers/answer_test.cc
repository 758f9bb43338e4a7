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

}  // namespace
}  // namespace headgate::loadtest::sim
