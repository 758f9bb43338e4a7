#include "backends/protocols/translation/user_name.h"

#include <gtest/gtest.h>

#include <string>

#include "backends/protocols/translator.h"

namespace headgate::backends {
namespace {

TEST(UserNameTest, IsKeptIfItFits) {
  EXPECT_EQ(UserWithin("", 64), "");
  EXPECT_EQ(UserWithin(std::string(64, 'u'), 64), std::string(64, 'u'));
}

// The sum is that of `sha256sum`.
TEST(UserNameTest, IsTheSha256OfALongerName) {
  EXPECT_EQ(UserWithin(std::string(257, 'u'), 256),
            "36868c95693f7961e19205254a6e613547eeb4375b384159e91a462f70e8af26");
  EXPECT_EQ(UserWithin(std::string(257, 'u'), 64), UserWithin(std::string(257, 'u'), 256));
}

TEST(UserNameTest, IsTheSameForEachProvider) {
  Conversation said;
  said.turns = {{.role = TurnRole::kUser, .parts = {{.text = "Hi"}}}};
  said.user = std::string(257, 'u');
  const std::string name = "\"" + UserWithin(said.user, kLongestUserOfOpenAi) + "\"";
  const BackendTraits traits{.model = "m", .is_openai = true};
  for (const ChatProtocol backend :
       {ChatProtocol::kChatCompletions, ChatProtocol::kMessages, ChatProtocol::kResponses}) {
    DroppedFields dropped;
    std::string body;
    EXPECT_FALSE(WriteConversation(backend, said, traits, dropped, body));
    EXPECT_NE(body.find(name), std::string::npos) << body;
    EXPECT_TRUE(dropped.empty());
  }
}

}  // namespace
}  // namespace headgate::backends
