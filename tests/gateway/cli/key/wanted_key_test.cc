#include "gateway/cli/key/wanted_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <string>

namespace headgate::gateway {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kSecondNow = 1'795'957'200;  // 2026-11-29, 13:00 UTC

WantedKey Search() {
  WantedKey key;
  key.team = "search";
  return key;
}

TEST(WantedKeyTest, every_restriction_is_in_the_entry_and_in_its_yaml) {
  WantedKey key = Search();
  key.name = R"(a "b": c)";
  key.models = {"gpt-4.1", "qwen"};
  key.routes = {"general"};
  key.classes = {"code"};
  key.expires = "2026-12-01";
  key.requests_per_minute = "600";
  key.tokens_per_minute = "400k";
  key.in_flight = "8";
  key.expose = true;
  const auto entry = EntryOf(key, kSecondNow);
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(YamlOf(*entry),
            R"(  - {name: "a \"b\": c", team: "search", models: ["gpt-4.1","qwen"], )"
            R"(routes: ["general"], classes: ["code"], expires: "2026-12-01", )"
            R"(limits: {"requests_per_minute":600,"tokens_per_minute":400000,"in_flight":8}, )"
            R"(expose: true})");
  EXPECT_EQ(YamlOf(*EntryOf(Search(), kSecondNow)), R"(  - {name: "search", team: "search"})");
}

TEST(WantedKeyTest, wrong_flags_say_what_to_write) {
  struct Case {
    std::string WantedKey::*flag;
    const char* text;
    const char* words;
  };
  for (const Case& c : {
           Case{&WantedKey::expires, "2025-01-01", "--expires 2025-01-01 is past"},
           Case{&WantedKey::expires, "2026-11-29", "write a later date"},
           Case{&WantedKey::expires, "soon", "--expires soon "},
           Case{&WantedKey::tokens_per_minute, "400KiB", "--tokens-per-minute 400KiB "},
           Case{&WantedKey::requests_per_minute, "many", "--requests-per-minute many "},
           Case{&WantedKey::in_flight, "0", "--in-flight 0 permits nothing"},
       }) {
    WantedKey key = Search();
    key.*c.flag = c.text;
    EXPECT_THAT(std::string(EntryOf(key, kSecondNow).status().message()), HasSubstr(c.words));
  }
}

}  // namespace
}  // namespace headgate::gateway
