#include "gateway/decide/conversation_table.h"

#include <gtest/gtest.h>

#include "routing/classify/classifier.h"

namespace headgate::gateway {
namespace {

using routing::Role;
using routing::Signals;
using routing::Topic;

Signals Conversation(std::vector<routing::TextPiece> texts, std::string_view session = {}) {
  Signals signals;
  signals.texts = std::move(texts);
  signals.session_id = session;
  for (const routing::TextPiece& piece : signals.texts) {
    if (piece.role == Role::kAssistant) signals.has_assistant_turn = true;
  }
  return signals;
}

TEST(ConversationNamer, knows_a_conversation_by_its_beginning) {
  const ConversationNamer namer;
  const auto second =
      Conversation({{Role::kUser, "hello"}, {Role::kAssistant, "hi"}, {Role::kUser, "more"}});
  const auto third = Conversation({{Role::kUser, "hello"},
                                   {Role::kAssistant, "hi"},
                                   {Role::kUser, "more"},
                                   {Role::kAssistant, "of it"},
                                   {Role::kUser, "yes"}});
  const auto other =
      Conversation({{Role::kUser, "hello"}, {Role::kAssistant, "good day"}, {Role::kUser, "more"}});
  ASSERT_TRUE(namer.NameOf("k", second));
  EXPECT_EQ(namer.NameOf("k", second), namer.NameOf("k", third));
  EXPECT_NE(namer.NameOf("k", second), namer.NameOf("k", other));
  EXPECT_NE(namer.NameOf("k", second), namer.NameOf("another key", second));
}

TEST(ConversationNamer, takes_the_clients_own_name_and_needs_one_for_a_first_message) {
  const ConversationNamer namer;
  EXPECT_FALSE(namer.NameOf("k", Conversation({{Role::kUser, "hello"}})));
  const auto named = namer.NameOf("k", Conversation({{Role::kUser, "hello"}}, "s1"));
  ASSERT_TRUE(named);
  EXPECT_EQ(named, namer.NameOf("k", Conversation({{Role::kUser, "something else"}}, "s1")));
  EXPECT_NE(named, namer.NameOf("k", Conversation({{Role::kUser, "hello"}}, "s2")));
}

TEST(ConversationNamer, texts_that_are_cut_differently_are_not_the_same) {
  const ConversationNamer namer;
  EXPECT_NE(namer.NameOf("k", Conversation({{Role::kUser, "ab"}, {Role::kAssistant, "c"}})),
            namer.NameOf("k", Conversation({{Role::kUser, "a"}, {Role::kAssistant, "bc"}})));
}

TEST(ConversationNamer, another_process_has_other_names) {
  const auto signals = Conversation({{Role::kUser, "hello"}}, "s1");
  EXPECT_NE(ConversationNamer().NameOf("k", signals), ConversationNamer().NameOf("k", signals));
}

TEST(ConversationTable, forgets_after_half_an_hour_without_use) {
  ConversationTable table;
  const ConversationTable::Clock::time_point start{std::chrono::hours(1)};
  const ConversationId id{1, 2};
  table.Put(id, {7, Topic::kCode}, start);
  ASSERT_TRUE(table.Find(id, start + std::chrono::minutes(29)));
  EXPECT_EQ(table.Find(id, start + std::chrono::minutes(58))->target, 7u);
  EXPECT_FALSE(table.Find(id, start + std::chrono::minutes(89)));
  EXPECT_EQ(table.size(), 0u);
}

TEST(ConversationTable, the_longest_unused_makes_room) {
  ConversationTable table(2);
  const ConversationTable::Clock::time_point now{std::chrono::hours(1)};
  table.Put({1, 0}, {1, Topic::kCode}, now);
  table.Put({2, 0}, {2, Topic::kCode}, now);
  EXPECT_TRUE(table.Find({1, 0}, now));
  table.Put({3, 0}, {3, Topic::kCode}, now);
  EXPECT_EQ(table.size(), 2u);
  EXPECT_TRUE(table.Find({1, 0}, now));
  EXPECT_FALSE(table.Find({2, 0}, now));
  table.Put({3, 0}, {4, Topic::kMath}, now);
  EXPECT_EQ(table.Find({3, 0}, now)->target, 4u);
}

}  // namespace
}  // namespace headgate::gateway
