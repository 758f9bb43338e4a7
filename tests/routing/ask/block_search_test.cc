#include "routing/ask/block_search.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::routing {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

TEST(BlockSearch, tells_the_tag_that_a_line_begins_with) {
  struct Case {
    std::string_view line;
    std::string_view name;
    bool opens;
    std::size_t size;
  };
  constexpr Case kCases[] = {
      {"<document id=\"1\">red", "document", true, 17},
      {"<заметка>", "заметка", true, 16},
      {"<item price=\"3\"/>", "item", false, 17},
      {"<br>", "br", false, 4},
      {"<INPUT name=\"a\">", "INPUT", false, 16},
      {"<input>what", "input", true, 7},
      {"</p> and", "p", false, 4},
      {"<b is smaller", "b", true, 0},
      {"<document", "", false, 0},
      {"< b >", "", false, 0},
      {"a <b>", "", false, 0},
      {"<3", "", false, 0},
      {"", "", false, 0},
  };
  for (const Case& c : kCases) {
    const Tag tag = TagOf(c.line);
    EXPECT_EQ(tag.name, c.name) << c.line;
    EXPECT_EQ(tag.opens, c.opens) << c.line;
    EXPECT_EQ(tag.size, c.size) << c.line;
  }
}

TEST(BlockSearch, finds_the_end_of_an_element) {
  constexpr std::string_view kText = "one < two </b> three </a > four";
  SearchBudget budget;
  BlockSearch blocks(kText, budget);
  std::size_t inside_end = 0;
  EXPECT_EQ(kText.substr(blocks.AfterElement(0, "a", inside_end)), " four");
  EXPECT_EQ(kText.substr(0, inside_end), "one < two </b> three ");
  EXPECT_EQ(blocks.AfterElement(0, "c", inside_end), kNowhere);
}

TEST(BlockSearch, a_name_that_nothing_closes_is_looked_for_once) {
  const std::string text(1000, 'x');
  SearchBudget budget;
  BlockSearch blocks(text, budget);
  std::size_t inside_end = 0;
  EXPECT_EQ(blocks.AfterElement(0, "a", inside_end), kNowhere);
  const std::size_t left = budget.left();
  EXPECT_LT(left, SearchBudget::kBytes);
  EXPECT_EQ(blocks.AfterElement(0, "a", inside_end), kNowhere);
  EXPECT_EQ(budget.left(), left);
}

// The budget is for the middle of a text; its tail is always looked at.
TEST(BlockSearch, a_block_longer_than_the_budget_ends_in_the_tail) {
  std::string text;
  while (text.size() < 200'000) text += "a line of it\n";
  const std::size_t middle = text.size();
  for (const std::string_view end : {"```\n", "</doc>"}) {
    const std::string closed = text + std::string(end) + "What is it?";
    SearchBudget budget;
    BlockSearch blocks(closed, budget);
    std::size_t inside_end = 0;
    const std::size_t after =
        end[0] == '`' ? blocks.AfterFence(0) : blocks.AfterElement(0, "doc", inside_end);
    EXPECT_EQ(after, middle + end.size());
    EXPECT_EQ(budget.left(), 0u);
  }
}

}  // namespace
}  // namespace headgate::routing
