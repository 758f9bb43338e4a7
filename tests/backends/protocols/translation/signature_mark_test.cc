#include "backends/protocols/translation/signature_mark.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::backends {
namespace {

constexpr ChatProtocol kChat = ChatProtocol::kChatCompletions;
constexpr ChatProtocol kMessages = ChatProtocol::kMessages;
constexpr ChatProtocol kResponses = ChatProtocol::kResponses;

TEST(SignatureMarkTest, ComesBackAsItWas) {
  const std::string origin = SignatureOrigin("anthropic-eu");
  EXPECT_EQ(origin.size(), 8u);
  EXPECT_EQ(origin, SignatureOrigin("anthropic-eu"));
  EXPECT_NE(origin, SignatureOrigin("anthropic-us"));
  const AnswerContext context{.backend = kMessages, .origin = origin};
  const std::string shown = SignatureFor(kResponses, "c2ln+/=", kMessages, context);
  EXPECT_EQ(shown, "hg1.messages." + origin + ".c2ln+/=");
  EXPECT_TRUE(HasSignatureMark(shown));
  const Signature read = ReadSignature(kResponses, shown);
  EXPECT_EQ(read.protocol, kMessages);
  EXPECT_EQ(read.origin, origin);
  EXPECT_EQ(read.text, "c2ln+/=");
}

TEST(SignatureMarkTest, IsAllThatUnsignedThoughtsHave) {
  const AnswerContext context{.backend = kChat, .origin = "0123abcd"};
  const std::string shown = SignatureFor(kMessages, "", kChat, context);
  EXPECT_EQ(shown, "hg1.chat.0123abcd.");
  const Signature read = ReadSignature(kMessages, shown);
  EXPECT_EQ(read.protocol, kChat);
  EXPECT_EQ(read.origin, "0123abcd");
  EXPECT_EQ(read.text, "");
  EXPECT_EQ(SignatureFor(kMessages, "", kChat, {.backend = kChat}), "");
}

TEST(SignatureMarkTest, IsNotOnSignaturesOfTheClientsOwnProtocol) {
  EXPECT_EQ(SignatureFor(kMessages, "sig", kMessages, {.backend = kMessages, .origin = "0123abcd"}),
            "sig");
  const Signature read = ReadSignature(kMessages, "sig");
  EXPECT_EQ(read.protocol, kMessages);
  EXPECT_EQ(read.origin, "");
  EXPECT_EQ(read.text, "sig");
}

TEST(SignatureMarkTest, OnlyTheBackendThatWroteASignatureReadsIt) {
  const BackendTraits traits{.origin = "0123abcd"};
  EXPECT_TRUE(traits.Wrote(ReadSignature(kChat, "hg1.messages.0123abcd.s"), kMessages));
  EXPECT_FALSE(traits.Wrote(ReadSignature(kChat, "hg1.messages.0123abce.s"), kMessages));
  EXPECT_FALSE(traits.Wrote(ReadSignature(kChat, "hg1.responses.0123abcd.s"), kMessages));
  EXPECT_FALSE(traits.Wrote(ReadSignature(kChat, "hg1.messages.s"), kMessages));
  EXPECT_FALSE(traits.Wrote(ReadSignature(kMessages, "s"), kMessages))
      << "of an answer that passed";
}

}  // namespace
}  // namespace headgate::backends
