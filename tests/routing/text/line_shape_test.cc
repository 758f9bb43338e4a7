#include "routing/text/line_shape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

namespace headgate::routing {
namespace {

int CountOf(std::string_view text, std::string_view bytes) {
  return static_cast<int>(std::count_if(
      text.begin(), text.end(), [&](char c) { return bytes.find(c) != std::string_view::npos; }));
}

void ExpectCounted(std::string_view text) {
  const Line line = ReadLine(text);
  EXPECT_EQ(line.code_characters, CountOf(text, "{}()[];=<>&|+*_")) << text;
  EXPECT_EQ(line.parentheses, CountOf(text, "(")) << text;
  EXPECT_EQ(line.operator_bytes, CountOf(text, "&|=>+")) << text;
  EXPECT_EQ(line.formula_bytes, CountOf(text, "\\$^\xE2")) << text;
  EXPECT_EQ(line.backticks, CountOf(text, "`")) << text;
}

// The code reads sixteen bytes at a time, so each byte is tried alone at every place.
TEST(LineShape, CountsEveryByteWhereverItStands) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 0; place < 40; ++place) {
      std::string text(40, 'a');
      text[place] = static_cast<char>(byte);
      ExpectCounted(text);
    }
  }
}

TEST(LineShape, CountsLinesOfEveryLength) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> byte(0, 255);
  for (std::size_t size = 0; size <= 100; ++size) {
    std::string text(size, '\0');
    for (int round = 0; round < 20; ++round) {
      for (char& c : text) c = static_cast<char>(byte(random));
      ExpectCounted(text);
    }
  }
  ExpectCounted(std::string(4095, '('));
  ExpectCounted(std::string(4094, 'x') + '`');
}

}  // namespace
}  // namespace headgate::routing
