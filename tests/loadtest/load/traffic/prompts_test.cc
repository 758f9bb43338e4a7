#include "loadtest/load/traffic/prompts.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "loadtest/load/traffic/request.h"

namespace headgate::loadtest::load {
namespace {

TEST(Prompts, sizes_are_log_uniform) {
  const Range<std::int64_t> range{200, 51'200};  // eight powers of two
  Random random(1);
  std::map<int, int> by_power;
  constexpr int kDraws = 16'000;
  for (int i = 0; i < kDraws; ++i) {
    const std::int64_t size = DrawLogUniform(range, random);
    ASSERT_GE(size, range.low);
    ASSERT_LE(size, range.high);
    ++by_power[std::min(7, static_cast<int>(std::log2(static_cast<double>(size) / 200)))];
  }
  for (const auto& [power, count] : by_power) EXPECT_NEAR(count, kDraws / 8, 200) << power;
  EXPECT_EQ(DrawLogUniform({7, 7}, random), 7);
}

TEST(Prompts, moments_are_uniform) {
  using std::chrono::milliseconds;
  Random random(1);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto moment = DrawUniform({milliseconds(100), milliseconds(300)}, random);
    ASSERT_GE(moment, milliseconds(100));
    ASSERT_LE(moment, milliseconds(300));
    sum += std::chrono::duration<double>(moment).count();
  }
  EXPECT_NEAR(sum / 10'000, 0.2, 0.005);
  EXPECT_EQ(DrawUniform({milliseconds(5), milliseconds(5)}, random), milliseconds(5));
}

TEST(Prompts, have_their_size_and_differ) {
  MixEntry entry;
  entry.prompt_tokens = Range<std::int64_t>{50'000, 50'000};
  Prompts prompts(3);
  std::set<std::string> starts;
  for (int i = 0; i < 50; ++i) {
    const std::string text = prompts.Next(entry);
    ASSERT_EQ(text.size(), 200'000u);
    starts.insert(text.substr(0, 64));
  }
  EXPECT_EQ(starts.size(), 50u);
  EXPECT_EQ(Prompts(3).Next(entry), Prompts(3).Next(entry));
  MixEntry given;
  given.text = "said";
  EXPECT_EQ(prompts.Next(given), "said");
  EXPECT_EQ(prompts.Next(MixEntry{}).size(), kUsualPromptBytes);
}

TEST(Prompts, conversations_share_system_prompts_and_have_turns_in_the_range) {
  ChatShape chat;
  chat.turns = {5, 8};
  chat.system_tokens = 600;
  chat.systems = 3;
  Prompts prompts(1);
  std::set<std::string> systems;
  std::set<std::int64_t> turns;
  for (int i = 0; i < 200; ++i) {
    systems.insert(prompts.NextSystem(chat));
    turns.insert(prompts.NextTurns(chat));
  }
  EXPECT_EQ(systems.size(), 3u);
  EXPECT_EQ(systems.begin()->size(), 2400u);
  EXPECT_EQ(turns, (std::set<std::int64_t>{5, 6, 7, 8}));
  chat.system_tokens = 0;
  EXPECT_EQ(prompts.NextSystem(chat), "");
}

TEST(Conversation, carries_the_answers_back) {
  Conversation conversation("be \"brief\"");
  conversation.Ask("one");
  conversation.Answer("first\n");
  conversation.Ask("two");
  const auto messages = boost::json::parse(conversation.Messages()).as_array();
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_EQ(messages[0].at("role").as_string(), "system");
  EXPECT_EQ(messages[0].at("content").as_string(), "be \"brief\"");
  EXPECT_EQ(messages[2].at("role").as_string(), "assistant");
  EXPECT_EQ(messages[2].at("content").as_string(), "first\n");
  EXPECT_EQ(messages[3].at("content").as_string(), "two");
  Conversation plain("");
  plain.Ask("one");
  EXPECT_EQ(boost::json::parse(plain.Messages()).as_array().size(), 1u);
}

}  // namespace
}  // namespace headgate::loadtest::load
