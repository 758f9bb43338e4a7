#include "config/base/glob.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {
namespace {

TEST(Glob, matches_what_it_describes) {
  struct Case {
    std::string_view glob;
    std::string_view text;
    bool matches;
  };
  constexpr Case kCases[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"phi", "phi", true},
      {"phi", "PHI", true},
      {"PHI", "phi", true},
      {"phi", "phis", false},
      {"phi", "ph", false},
      {"*", "", true},
      {"*", "anything at all", true},
      {"**", "", true},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"??", "ab", true},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"a*", "a", true},
      {"a*", "abc", true},
      {"a*", "ba", false},
      {"*a", "a", true},
      {"*a", "ba", true},
      {"*a", "ab", false},
      {"*a", "aba", true},
      {"a*b", "ab", true},
      {"a*b", "aXXb", true},
      {"a*b", "aXXbc", false},
      {"a*b*c", "a.b.b.c", true},
      {"a*b*c", "a.c.b", false},
      {"*aab*", "aaaab", true},
      {"*ab?", "abab", false},
      {"*ab?", "ababx", true},
      {"*?", "", false},
      {"*?", "x", true},
      {"?*?", "x", false},
      {"?*?", "xy", true},
      {"a**b", "ab", true},
      {"*.example.com", "a.b.Example.COM", true},
      {"*.example.com", "example.com", false},
      {"[a-c]", "b", false},  // brackets, braces and backslashes stand for themselves
      {"[a-c]", "[a-c]", true},
      {"\\*", "*", false},
      {"\\*", "\\x", true},
      {"a", "*", false},  // wildcards in the text are text
      {"?", "*", true},
      {"\xc3\xa4", "\xc3\xa4", true},
      {"\xc3\xa4", "\xc3\x84", false},  // letter case is ASCII's
      {"??", "\xc3\xa4", true},         // `?` is a byte
      {"@", "`", false},                // neighbours of the letters have no case
      {"[", "{", false},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(MatchesGlob(c.glob, c.text), c.matches) << c.glob << " over " << c.text;
  }
}

TEST(Glob, bytes_of_zero_are_bytes) {
  EXPECT_TRUE(MatchesGlob("a*b", std::string_view("a\0b", 3)));
  EXPECT_FALSE(MatchesGlob("a", std::string_view("a\0", 2)));
}

// A matcher that backtracks into every star would take 2^50 steps.
TEST(Glob, no_pattern_takes_more_than_glob_times_text_steps) {
  const std::string text(20'000, 'a');
  std::string glob;
  for (int i = 0; i < 50; ++i) glob += "*a";
  EXPECT_TRUE(MatchesGlob(glob, text));
  EXPECT_FALSE(MatchesGlob(glob + "b", text));
  EXPECT_FALSE(MatchesGlob("*" + std::string(200, '?') + "b", text));
  EXPECT_TRUE(MatchesGlob(std::string(10'000, '*'), text));
}

TEST(Glob, covers_what_matches_less) {
  struct Pair {
    std::string_view wide;
    std::string_view narrow;
    bool covers;
  };
  constexpr Pair kPairs[] = {
      {"*", "", true},
      {"*", "a?b*", true},
      {"a*", "ab*", true},
      {"a*", "A*b", true},
      {"a*c", "abc", true},
      {"*b*", "a*b*c", true},
      {"?", "a", true},
      {"?", "?", true},
      {"a?*", "a??", true},
      {"?", "*", false},
      {"a*", "*", false},
      {"ab*", "a*", false},
      {"a*c", "a*", false},
      {"?", "", false},
      {"a", "?", false},
      {"a?", "a*", false},
      {"*?", "a*", false /* so it is, but not seen */},
  };
  for (const Pair& pair : kPairs) {
    EXPECT_EQ(CoversGlob(pair.wide, pair.narrow), pair.covers) << pair.wide << " " << pair.narrow;
  }
}

// All globs and texts of up to four characters of a small alphabet.
TEST(Glob, covers_only_what_matches_less) {
  const auto all = [](std::string_view alphabet) {
    std::vector<std::string> words = {""};
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i].size() == 4) continue;
      for (const char c : alphabet) words.push_back(words[i] + c);
    }
    return words;
  };
  const std::vector<std::string> texts = all("ab");
  const std::vector<std::string> globs = all("a*?");
  int covered = 0;
  for (const std::string& wide : globs) {
    for (const std::string& narrow : globs) {
      if (!CoversGlob(wide, narrow)) continue;
      ++covered;
      for (const std::string& text : texts) {
        ASSERT_TRUE(MatchesGlob(wide, text) || !MatchesGlob(narrow, text))
            << wide << " " << narrow << " " << text;
      }
    }
  }
  EXPECT_GT(covered, 1'000);
}

TEST(Glob, knows_a_wildcard) {
  EXPECT_TRUE(IsGlob("a*"));
  EXPECT_TRUE(IsGlob("?"));
  EXPECT_FALSE(IsGlob("a.b+c[d]"));
  EXPECT_FALSE(IsGlob(""));
}

}  // namespace
}  // namespace headgate::config
