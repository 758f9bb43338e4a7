#include "loadtest/sim/requests/prefill.h"

#include <gtest/gtest.h>

namespace headgate::loadtest::sim {
namespace {

using PrefillRead = std::variant<CompletionRequest, Refusal>;

// Reads a chat request whose members are `members`, at a server that continues answers in this way.
PrefillRead ReadChat(Prefill prefill, bool provider, const std::string& members) {
  RequestPlace place;
  place.provider = provider;
  place.prefill = prefill;
  return ParseCompletionRequest(place, R"({"model":"m",)" + members + "}");
}

PrefillRead ReadTurns(Prefill prefill, const std::string& members) {
  RequestPlace place;
  place.endpoint = Endpoint::kMessages;
  place.prefill = prefill;
  place.anthropic_version = "2023-06-01";
  return ParseCompletionRequest(place, R"({"model":"m","max_tokens":9,)" + members + "}");
}

std::string PrefixOf(const PrefillRead& read) {
  const auto* request = std::get_if<CompletionRequest>(&read);
  return request == nullptr ? "refused: " + std::get<Refusal>(read).message : request->prefix;
}

bool IsRefused(const PrefillRead& read) {
  const auto* refusal = std::get_if<Refusal>(&read);
  return refusal != nullptr && refusal->status == 400;
}

const std::string kBegun =
    R"("messages":[{"role":"user","content":"q"},{"role":"assistant","content":"The ferry"}])";
const std::string kAsked = R"("messages":[{"role":"user","content":"q"}])";
const std::string kFlagged = R"("messages":[{"role":"user","content":"q"},)"
                             R"({"role":"assistant","content":"The ferry","prefix":true}])";

TEST(PrefillTest, VllmNeedsBothMembers) {
  constexpr Prefill kWay = Prefill::kContinueFinalMessage;
  EXPECT_EQ(
      PrefixOf(ReadChat(
          kWay, false, kBegun + R"(,"continue_final_message":true,"add_generation_prompt":false)")),
      "The ferry");
  EXPECT_TRUE(IsRefused(ReadChat(kWay, false, kBegun + R"(,"continue_final_message":true)")));
  EXPECT_TRUE(IsRefused(ReadChat(
      kWay, false, kBegun + R"(,"continue_final_message":true,"add_generation_prompt":true)")));
  EXPECT_EQ(PrefixOf(ReadChat(kWay, false, kBegun)), "");
}

TEST(PrefillTest, MistralAndDeepSeekNeedTheFlag) {
  constexpr Prefill kWay = Prefill::kPrefixFlag;
  EXPECT_EQ(PrefixOf(ReadChat(kWay, true, kFlagged)), "The ferry");
  EXPECT_EQ(PrefixOf(ReadChat(kWay, true, kAsked)), "");
  EXPECT_TRUE(IsRefused(ReadChat(kWay, true, kBegun)));
  EXPECT_TRUE(IsRefused(
      ReadChat(kWay, true, R"("messages":[{"role":"user","content":"q","prefix":true}])")));
  EXPECT_TRUE(IsRefused(ReadChat(kWay, true,
                                 R"("messages":[{"role":"assistant","content":"a","prefix":true},)"
                                 R"({"role":"user","content":"q"}])")));
}

TEST(PrefillTest, LastMessageIsEnoughForSome) {
  EXPECT_EQ(PrefixOf(ReadChat(Prefill::kLastMessage, false, kBegun)), "The ferry");
  EXPECT_EQ(PrefixOf(ReadChat(Prefill::kLastMessage, false, kAsked)), "");
  EXPECT_EQ(PrefixOf(ReadTurns(Prefill::kLastMessage, kBegun)), "The ferry");
  EXPECT_EQ(PrefixOf(ReadTurns(Prefill::kLastMessage,
                               R"("messages":[{"role":"user","content":"q"},)"
                               R"({"role":"assistant","content":[{"type":"text","text":"The"},)"
                               R"({"type":"text","text":" ferry"}]}])")),
            "The ferry");
}

TEST(PrefillTest, AnthropicRefusesSpaceAtTheEnd) {
  const std::string spaced =
      R"("messages":[{"role":"user","content":"q"},{"role":"assistant","content":"The "}])";
  EXPECT_TRUE(IsRefused(ReadTurns(Prefill::kLastMessage, spaced)));
  EXPECT_EQ(PrefixOf(ReadChat(Prefill::kLastMessage, false, spaced)), "The ");
}

TEST(PrefillTest, WhoCannotContinueRefusesOrTakesItAsAMessage) {
  EXPECT_TRUE(IsRefused(ReadChat(Prefill::kRefused, false, kBegun)));
  EXPECT_TRUE(IsRefused(ReadTurns(Prefill::kRefused, kBegun)));
  EXPECT_EQ(PrefixOf(ReadChat(Prefill::kRefused, false, kAsked)), "");
  EXPECT_EQ(PrefixOf(ReadChat(Prefill::kNone, true, kBegun)), "");
  EXPECT_TRUE(IsRefused(ReadChat(Prefill::kNone, true, kFlagged)));
  EXPECT_TRUE(
      IsRefused(ReadChat(Prefill::kNone, true, kBegun + R"(,"continue_final_message":true)")));
  EXPECT_EQ(PrefixOf(ReadChat(Prefill::kNone, false, kFlagged)), "");
}

}  // namespace
}  // namespace headgate::loadtest::sim
