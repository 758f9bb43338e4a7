#include "backends/protocols/passing/event_keys.h"

#include <gtest/gtest.h>

namespace headgate::backends {
namespace {

TEST(EventKeysTest, ReadsATypeThatStandsFirst) {
  EXPECT_EQ(TypeAtFront(R"({"type":"ping"})"), "ping");
  EXPECT_EQ(TypeAtFront("{ \"type\" :\t\"a.b\" , \"x\":1}"), "a.b");
  for (const char* other : {"", "{", "{}", R"({"x":1,"type":"a"})", R"({"type":7})",
                            R"({"type":"a)", R"({"type":"\u0061"})", R"({"types":"a"})"}) {
    EXPECT_EQ(TypeAtFront(other), "") << other;
  }
}

TEST(EventKeysTest, FindsATextThatIsNotEmpty) {
  EXPECT_TRUE(HasTextIn(R"({"a":{"text" : "x"}})", {"other", "text"}));
  for (const char* other : {"", "{", R"({"text":""})", R"({"text":7,"a":"text"})", R"({"text":)",
                            R"({"a":"\"text\":\"x\""})", R"({"context":"x"})", R"(text":"x")"}) {
    EXPECT_FALSE(HasTextIn(other, {"text"})) << other;
  }
}

}  // namespace
}  // namespace headgate::backends
