#include "gateway/http/request_head.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/gateway/parsed_head.h"

namespace headgate::gateway {
namespace {

std::vector<std::string> Values(const std::vector<std::string>& lines, std::string_view name) {
  std::vector<std::string> all = {"Host: h"};
  all.insert(all.end(), lines.begin(), lines.end());
  const std::string text = Head(all);
  const Parsed p = Parse(text);
  EXPECT_EQ(p.parse.verdict, HeadVerdict::kComplete) << p.problem.message;
  std::vector<std::string> values;
  p.head.ForEachValue(name, [&](std::string_view value) { values.emplace_back(value); });
  return values;
}

TEST(RequestHead, GivesEveryValueThatFieldsOfANameSay) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(Values({}, "x-data-class"), Lines{});
  EXPECT_EQ(Values({"X-Data-Class: phi"}, "x-data-class"), Lines{"phi"});
  EXPECT_EQ(Values({"X-Data-Class: public", "x: y", "x-data-CLASS: phi"}, "x-data-class"),
            (Lines{"public", "phi"}));
  EXPECT_EQ(Values({"x-data-class:", "x-data-class: \t", "x-data-class: phi"}, "x-data-class"),
            (Lines{"", "", "phi"}));
  EXPECT_EQ(Values({"x-data-class: phi, public"}, "x-data-class"),
            (Lines{"phi, public", "phi", "public"}));
  EXPECT_EQ(Values({"x-data-class: a ,,\tb\t", "x-data-class: c"}, "x-data-class"),
            (Lines{"a ,,\tb", "a", "b", "c"}));
  // A value with one member and a comma counts as written and as its member.
  EXPECT_EQ(Values({"x-data-class: phi,"}, "x-data-class"), (Lines{"phi,", "phi"}));
  EXPECT_EQ(Values({"x-data-class: ,"}, "x-data-class"), Lines{","});
  EXPECT_EQ(Values({"x-data-class: \"a, b\""}, "x-data-class"), (Lines{"\"a, b\"", "\"a", "b\""}));
  EXPECT_EQ(Values({"x-data-classes: phi", "x-data: phi"}, "x-data-class"), Lines{});
}

TEST(RequestHead, KnowsWhichFieldsConnectionNominates) {
  const std::string text =
      Head({"Host: h", "Connection: keep-alive, X-One", "connection: ,x-two\t"});
  const Parsed p = Parse(text);
  for (const std::string_view name : {"x-one", "x-two", "keep-alive"}) {
    EXPECT_TRUE(p.head.IsHopByHop(name)) << name;
  }
  for (const std::string_view name : {"x-three", "host", "x-on", "connection"}) {
    EXPECT_FALSE(p.head.IsHopByHop(name)) << name;
  }
}

TEST(RequestHead, FindsNamesOfEveryLength) {
  for (std::size_t length = 1; length < 200; ++length) {
    const std::string name(length, 'x');
    const std::string text = Head({"Host: h", name + ": v"});
    const Parsed p = Parse(text);
    ASSERT_EQ(p.head.Find(name), "v") << length;
    ASSERT_EQ(p.head.Find(name + "x"), "") << length;
    ASSERT_EQ(p.head.Find(name.substr(1)), "") << length;
  }
}

}  // namespace
}  // namespace headgate::gateway
