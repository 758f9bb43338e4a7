#include "loadtest/sim/base/json_text.h"

#include <gtest/gtest.h>

namespace headgate::loadtest::sim {
namespace {

TEST(JsonTextTest, EscapesWhatJsonMust) {
  std::string out;
  AppendEscaped(out, std::string_view("a\"b\\c\n\t\0é", 10));
  EXPECT_EQ(out, "a\\\"b\\\\c\\n\\u0009\\u0000é");
}

TEST(JsonTextTest, QuotesAndNumbers) {
  std::string out;
  AppendQuoted(out, "a\"b");
  AppendNumber(out, -12);
  EXPECT_EQ(out, "\"a\\\"b\"-12");
  EXPECT_EQ(Hex(0xA0F), "a0f");
}

}  // namespace
}  // namespace headgate::loadtest::sim
