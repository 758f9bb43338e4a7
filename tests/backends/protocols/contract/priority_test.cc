#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "backends/protocols/translator.h"

namespace headgate::backends {
namespace {

std::string WrittenWith(ChatProtocol protocol, bool stream, std::optional<int> priority) {
  Conversation conversation;
  conversation.protocol = ChatProtocol::kMessages;
  conversation.stream = stream;
  ContentPart text;
  text.text = "Hi";
  conversation.turns.push_back({TurnRole::kUser, {text}});
  BackendTraits traits;
  traits.model = "m";
  traits.priority = priority;
  DroppedFields dropped;
  std::string body;
  EXPECT_FALSE(WriteConversation(protocol, conversation, traits, dropped, body));
  EXPECT_TRUE(dropped.empty());
  return body;
}

TEST(PriorityContract, StandsLastInTheProtocolsThatHaveOne) {
  for (const bool stream : {false, true}) {
    for (const ChatProtocol protocol : {ChatProtocol::kChatCompletions, ChatProtocol::kResponses}) {
      const std::string without = WrittenWith(protocol, stream, std::nullopt);
      for (const int priority : {-10, 0, 10}) {
        EXPECT_EQ(WrittenWith(protocol, stream, priority), without.substr(0, without.size() - 1) +
                                                               R"(,"priority":)" +
                                                               std::to_string(priority) + "}");
      }
    }
  }
}

TEST(PriorityContract, IsLeftOutOfMessages) {
  EXPECT_EQ(WrittenWith(ChatProtocol::kMessages, false, 10),
            WrittenWith(ChatProtocol::kMessages, false, std::nullopt));
}

}  // namespace
}  // namespace headgate::backends
