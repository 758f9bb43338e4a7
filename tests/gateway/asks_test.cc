#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "routing/classify/classifier.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

namespace json = boost::json;

struct Asked {
  Signals signals;
  std::vector<std::string> texts;  // what the signals point at
};

Asked Read(const json::object& row) {
  Asked asked;
  const json::array& messages = row.at("messages").as_array();
  asked.texts.reserve(messages.size());
  for (const json::value& value : messages) {
    const json::object& message = value.as_object();
    const std::string role(message.at("role").as_string());
    asked.texts.emplace_back(message.at("content").as_string());
    asked.signals.texts.push_back(
        {role == "assistant" ? Role::kAssistant : Role::kUser, asked.texts.back()});
    asked.signals.has_assistant_turn |= role == "assistant";
  }
  return asked;
}

// 120 requests in twelve languages, written by hand before the rules they are about: what is asked
// about material decides, a change of subject is a change, and contest statements are code while
// quantities of physics, finance and statistics are mathematics. The rules were developed with one
// half of them; the other half was looked at only at the end.
TEST(Asks, are_judged_by_what_is_asked) {
  for (const std::string half : {"develop", "final"}) {
    std::ifstream file(HEADGATE_ASKS);
    int all = 0;
    int right = 0;
    std::string wrong;
    for (std::string line; std::getline(file, line);) {
      const json::object row = json::parse(line).as_object();
      if (row.at("half").as_string() != half) continue;
      const Asked asked = Read(row);
      const Classification found = Classify(asked.signals, HintTrust{});
      ++all;
      if (ToString(found.topic) == std::string_view(row.at("topic").as_string())) {
        ++right;
      } else {
        wrong += "\n" + std::string(ToString(found.topic)) + ", " +
                 std::string(ToString(found.topic_reason)) + ": " + asked.texts.back();
      }
    }
    EXPECT_EQ(all, 60);
    EXPECT_GE(right, HEADGATE_ASKS_FLOOR) << half << ": " << right << " of " << all << wrong;
  }
}

}  // namespace
}  // namespace headgate::routing
