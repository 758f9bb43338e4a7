#include "backends/protocols/json/members.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace headgate::backends::json {
namespace {

std::string Listed(std::string_view text) {
  PaddedCopy copy;
  Members members;
  if (!members.Read(copy.Take(text))) return "none";
  std::string listed;
  for (const Members::Member& member : members) {
    listed.append(member.name).append("=").append(member.value).append(";");
  }
  return listed;
}

TEST(MembersTest, GivesViewsOfTheValuesAsTheyAreWritten) {
  EXPECT_EQ(Listed("{}"), "");
  EXPECT_EQ(Listed(R"({"a":1.50 , "b" : "x\"y" ,"c":[ {} , 2 ] , "d":{"e":null}, "f":true })"),
            R"(a=1.50;b="x\"y";c=[ {} , 2 ];d={"e":null};f=true;)");
  EXPECT_EQ(Listed("{\"m\\u006fdel\":1}"), "model=1;");
  EXPECT_EQ(Listed("\r\n {\"a\":1} \n"), "a=1;");
  EXPECT_EQ(Listed(R"({"n":123456789012345678901234567890,"h":1e400})"),
            "n=123456789012345678901234567890;h=1e400;");
}

TEST(MembersTest, RefusesWhatIsNotOneWholeObject) {
  for (const std::string_view text : {"", "[]", "1", "null", "{", R"({"a":1)", R"({"a":[1})",
                                      R"({"a":1}x)", R"({"a" 1})", R"({"a":"x)"}) {
    EXPECT_EQ(Listed(text), "none") << text;
  }
}

TEST(MembersTest, FindsMembersInAnyOrderAndTakesNullAsAbsent) {
  PaddedCopy copy;
  Members members;
  ASSERT_TRUE(members.Read(copy.Take(R"({"b":2,"a":null,"c":"x"})")));
  EXPECT_EQ(members.Find("c"), R"("x")");
  EXPECT_EQ(members.Find("b"), "2");
  EXPECT_EQ(members.Find("a"), "");
  EXPECT_EQ(members.Find("d"), "");
}

TEST(MembersTest, NamesWhatIsThereTwice) {
  PaddedCopy copy;
  Members members;
  ASSERT_TRUE(members.Read(copy.Take(R"({"a":1,"b":2,"\u0061":3})")));
  EXPECT_EQ(members.Repeated(), "a");
  ASSERT_TRUE(members.Read(copy.Take(R"({"a":1,"b":{"a":2}})")));
  EXPECT_EQ(members.Repeated(), "");
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"m" + std::to_string(i) + "\":1,";
  ASSERT_TRUE(members.Read(copy.Take(many + R"("m57":1})")));
  EXPECT_EQ(members.Repeated(), "m57");
  ASSERT_TRUE(members.Read(copy.Take(many + R"("n":1})")));
  EXPECT_EQ(members.Repeated(), "");
}

TEST(MembersTest, NestsAsDeepAsTheReaderOfRequestsAllows) {
  const std::string deep = "{\"a\":" + std::string(1000, '[') + std::string(1000, ']') + "}";
  EXPECT_NE(Listed(deep), "none");
  EXPECT_EQ(Listed("{\"a\":" + std::string(5000, '[') + "}"), "none");
}

TEST(ReadElementsTest, GivesViewsOfTheElements) {
  PaddedCopy copy;
  std::vector<std::string_view> elements;
  ASSERT_TRUE(ReadElements(copy.Take(R"([ 1 ,"a", [2,3], {"b":[]} ,null])"), elements));
  EXPECT_EQ(elements,
            (std::vector<std::string_view>{"1", R"("a")", "[2,3]", R"({"b":[]})", "null"}));
  EXPECT_TRUE(ReadElements(copy.Take("[]"), elements));
  EXPECT_TRUE(elements.empty());
  EXPECT_FALSE(ReadElements(copy.Take("{}"), elements));
  EXPECT_FALSE(ReadElements(copy.Take("[1"), elements));
}

TEST(ReadTextTest, UnescapesStringsAndMendsHalvesOfPairs) {
  std::string text = "before";
  EXPECT_TRUE(ReadText(R"("")", text));
  EXPECT_EQ(text, "");
  EXPECT_TRUE(ReadText(R"("a\n\u00e9\ud83d\ude00")", text));
  EXPECT_EQ(text, "a\n\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_TRUE(ReadText(R"("x\ud83dy")", text));
  EXPECT_EQ(text, "x\xEF\xBF\xBDy");
  for (const std::string_view value : {"", "\"", "1", "{}", R"("\q")", R"("\u12")"}) {
    EXPECT_FALSE(ReadText(value, text)) << value;
  }
}

TEST(IsNumberTest, FollowsTheGrammar) {
  for (const std::string_view text : {"0", "-0", "12", "1.5", "1e9", "1E-9", "0.10", "-1.5e+400"}) {
    EXPECT_TRUE(IsNumber(text)) << text;
  }
  for (const std::string_view text :
       {"", "-", "01", ".5", "1.", "1e", "1e+", "NaN", "+1", "1 ", "0x1", "Infinity", "\"1\""}) {
    EXPECT_FALSE(IsNumber(text)) << text;
  }
}

}  // namespace
}  // namespace headgate::backends::json
