#include "config/reader/json.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::config {
namespace {

TEST(Json, EscapesWhatATextMayNotHold) {
  EXPECT_EQ(Pretty(Json::Text("a\"b\\c\n\x01 \xc3\xa4")), R"("a\"b\\c\u000a\u0001 )"
                                                          "\xc3\xa4\"");
}

TEST(Json, KeepsTheOrderAndPutsWhatFitsOnOneLine) {
  Json json = Json::Object({{"z", Json::Number(-7)}, {"a", Json::Flag(true)}});
  json.Add("list", Json::Texts({"x", "y"})).Add("none", Json::List({}));
  EXPECT_EQ(Pretty(json), R"({"z": -7, "a": true, "list": ["x", "y"], "none": []})");
}

TEST(Json, BreaksWhatIsLongerThanALine) {
  const std::string half(60, 'h');
  const Json json = Json::Object({{"short", Json::List({Json::Number(1)})},
                                  {"long", Json::List({Json::Text(half), Json::Text(half)})}});
  EXPECT_EQ(Pretty(json), "{\n  \"short\": [1],\n  \"long\": [\n    \"" + half + "\",\n    \"" +
                              half + "\"\n  ]\n}");
}

}  // namespace
}  // namespace headgate::config
