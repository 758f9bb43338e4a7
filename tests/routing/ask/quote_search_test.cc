#include "routing/ask/quote_search.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace headgate::routing {
namespace {

std::vector<std::string_view> QuotesOf(std::string_view line, int& marks) {
  std::vector<std::string_view> quotes;
  QuoteSearch search(line, marks);
  while (const auto quote = search.Next()) {
    quotes.push_back(line.substr(quote->begin, quote->end - quote->begin));
  }
  return quotes;
}

TEST(QuoteSearch, finds_quotes_that_are_longer_than_a_word) {
  int marks = 100;
  EXPECT_EQ(QuotesOf("Say \"good morning to all\", «доброе утро всем» or \"hello\".", marks),
            (std::vector<std::string_view>{"\"good morning to all\"", "«доброе утро всем»"}));
  EXPECT_TRUE(QuotesOf("a screw of 5\" beside one of unknown length", marks).empty());
}

TEST(QuoteSearch, looks_at_as_many_marks_as_are_left) {
  int marks = 3;
  const std::string quote = "\"good morning to all\"";
  EXPECT_EQ(QuotesOf(quote + quote + quote + quote, marks).size(), 3u);
  EXPECT_EQ(marks, 0);
  EXPECT_TRUE(QuotesOf(quote, marks).empty());
}

}  // namespace
}  // namespace headgate::routing
