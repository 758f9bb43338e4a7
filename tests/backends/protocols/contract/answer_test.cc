// A backend's whole answer as a client of each protocol gets it, and what it costs.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <iterator>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "backends/protocols/answer_reader.h"
#include "tests/backends/protocols/contract/aspects.h"
#include "tests/backends/protocols/contract/protocols.h"
#include "tests/backends/protocols/values/usage_equality.h"

namespace headgate::backends::contract {
namespace {

using Kind = ContentPart::Kind;

ContentPart AnswerPart(Kind kind, std::string text) {
  ContentPart part;
  part.kind = kind;
  part.text = std::move(text);
  return part;
}

ContentPart AnswersCall(std::string id, std::string arguments) {
  ContentPart part = AnswerPart(Kind::kToolCall, "");
  part.id = std::move(id);
  part.name = "f";
  part.arguments = std::move(arguments);
  return part;
}

ContentPart ThoughtOf(ChatProtocol signer) {
  ContentPart part = AnswerPart(Kind::kThinking, "Let me \"see\".\n");
  part.signature = {.protocol = signer, .text = "c2lnbmVk+/="};
  return part;
}

Answer AnswerOf(std::vector<ContentPart> parts, FinishReason finish) {
  Answer answer;
  answer.model = "m";
  answer.parts = std::move(parts);
  answer.finish = finish;
  answer.usage.tokens = ReportedTokens{
      .input = 130, .cached_input = 100, .cache_write = 7, .output = 40, .reasoning = 12};
  answer.ended = true;
  return answer;
}

struct AnswerCase {
  std::string name;
  Answer answer;
};

std::vector<AnswerCase> Cases(ChatProtocol backend) {
  ContentPart hidden = ThoughtOf(backend);
  hidden.kind = Kind::kHiddenThinking;
  hidden.text.clear();
  std::vector<AnswerCase> cases = {
      {"text", AnswerOf({AnswerPart(Kind::kText, "Hi \xF0\x9F\x98\x80\n")}, FinishReason::kStop)},
      {"thought and text",
       AnswerOf({ThoughtOf(backend), AnswerPart(Kind::kText, "Yes.")}, FinishReason::kStop)},
      {"hidden thought", AnswerOf({hidden, AnswerPart(Kind::kText, "Yes.")}, FinishReason::kStop)},
      {"calls",
       AnswerOf({AnswerPart(Kind::kText, "I look."), AnswersCall("call_1", "{\"a\":[1,\"x\"]}"),
                 AnswersCall("functions.f:2", "{}")},
                FinishReason::kToolCalls)},
      {"refusal", AnswerOf({AnswerPart(Kind::kRefusal, "No.")}, FinishReason::kRefusal)},
      {"filtered", AnswerOf({AnswerPart(Kind::kText, "Well,")}, FinishReason::kRefusal)},
      {"cut", AnswerOf({AnswerPart(Kind::kText, "Once upon")}, FinishReason::kLength)},
      {"stop sequence", AnswerOf({AnswerPart(Kind::kText, "a")}, FinishReason::kStopSequence)},
      {"pause", AnswerOf({AnswerPart(Kind::kText, "a")}, FinishReason::kPause)},
      {"priority", AnswerOf({AnswerPart(Kind::kText, "a")}, FinishReason::kStop)},
      {"flex", AnswerOf({AnswerPart(Kind::kText, "a")}, FinishReason::kStop)},
      {"nothing", AnswerOf({}, FinishReason::kStop)},
  };
  for (AnswerCase& one : cases) {
    if (one.name == "stop sequence") one.answer.stop_sequence = "END";
    if (one.name == "priority" || one.name == "flex") one.answer.usage.service_tier = one.name;
  }
  return cases;
}

// An aspect that a client of a protocol reads otherwise than the backend said it. Responses always
// says a tier; a signature stays behind a mark, which ContinuationContract reads.
using LostAspect = std::tuple<ChatProtocol, ChatProtocol, std::string>;  // backend, client, aspect
const std::set<LostAspect> kLostAspects = {
    {kChat, kMessages, "signatures"},           {kChat, kMessages, "refusals"},
    {kChat, kMessages, "texts.assistant"},      {kChat, kMessages, "service_tier"},
    {kChat, kResponses, "signatures"},          {kChat, kResponses, "service_tier"},
    {kMessages, kChat, "signatures"},           {kMessages, kChat, "finish"},
    {kMessages, kChat, "stop_sequence"},        {kMessages, kResponses, "signatures"},
    {kMessages, kResponses, "finish"},          {kMessages, kResponses, "stop_sequence"},
    {kMessages, kResponses, "service_tier"},    {kResponses, kChat, "signatures"},
    {kResponses, kMessages, "signatures"},      {kResponses, kMessages, "refusals"},
    {kResponses, kMessages, "texts.assistant"}, {kResponses, kMessages, "service_tier"},
};

Answer ReadWhole(ChatProtocol protocol, std::string_view body) {
  Answer answer;
  AnswerCollector collector(answer);
  EXPECT_TRUE(ReadAnswer(protocol, body, collector)) << body;
  return answer;
}

std::string WriteWhole(ChatProtocol protocol, const Answer& answer) {
  const Conversation request = CuriousClient(protocol);
  std::string body;
  WriteAnswer(protocol, answer, {.request = &request, .request_id = "r1", .created = 7}, body);
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(body).error(), simdjson::SUCCESS) << body;
  return body;
}

// An answer as a stream that says it in pieces.
std::string WriteStream(ChatProtocol protocol, const Answer& answer) {
  const Conversation request = CuriousClient(protocol);
  std::string out;
  const auto writer =
      MakeStreamWriter(protocol, {.request = &request, .request_id = "r1", .created = 7}, out);
  class Pieces final : public AnswerSink {
   public:
    explicit Pieces(AnswerSink& to) : to_(to) {}
    void On(const AnswerEvent& event) override {
      AnswerEvent piece = event;
      const std::size_t half = event.text.size() / 2;
      const bool cut = half > 0 && static_cast<unsigned char>(event.text[half]) < 0x80;
      if (cut && event.kind != AnswerEvent::Kind::kSignature) {
        piece.text = event.text.substr(0, half);
        to_.On(piece);
        piece.text = event.text.substr(half);
      }
      to_.On(piece);
    }

   private:
    AnswerSink& to_;
  } pieces(*writer);
  EXPECT_TRUE(ReadAnswer(protocol, WriteWhole(protocol, answer), pieces));
  return out;
}

template <typename Check>
void ForEachAnswerRoute(Check check) {
  for (const ChatProtocol backend : kProtocols) {
    for (const ChatProtocol client : kProtocols) {
      SCOPED_TRACE(PairName(backend, client));
      check(backend, client);
    }
  }
}

std::string Translated(ChatProtocol backend, ChatProtocol client, const std::string& stream,
                       AnswerUsage& usage) {
  const Conversation request = CuriousClient(client);
  TranslatedStream translation(backend, client,
                               {.request = &request, .request_id = "r1", .created = 7});
  std::string out;
  translation.Feed(stream, out);
  EXPECT_TRUE(translation.done()) << stream;
  translation.AppendEnd(out);
  usage = translation.usage();
  return out;
}

Answer ReadStream(ChatProtocol protocol, std::string_view stream) {
  Answer answer;
  AnswerCollector collector(answer);
  MakeStreamReader(protocol)->Feed(stream, collector);
  return answer;
}

TEST(AnswerContract, WhatIsLostIsOnTheList) {
  std::set<LostAspect> seen;
  ForEachAnswerRoute([&](ChatProtocol backend, ChatProtocol client) {
    for (const AnswerCase& one : Cases(backend)) {
      SCOPED_TRACE(one.name);
      const Answer said = ReadWhole(backend, WriteWhole(backend, one.answer));
      const Answer shown = ReadWhole(client, WriteWhole(client, said));
      for (const auto& [aspect, what] : DifferencesOf(AspectsOf(said), AspectsOf(shown))) {
        const LostAspect loss{backend, client, aspect};
        EXPECT_TRUE(kLostAspects.contains(loss)) << aspect << ": " << what;
        seen.insert(loss);
      }
    }
  });
  for (const auto& [backend, client, aspect] : kLostAspects) {
    EXPECT_TRUE(seen.contains({backend, client, aspect}))
        << PairName(backend, client) << " does not lose " << aspect;
  }
}

// A client reads the same from a stream as from a whole answer.
TEST(AnswerContract, StreamsSayWhatWholeAnswersSay) {
  ForEachAnswerRoute([](ChatProtocol backend, ChatProtocol client) {
    for (const AnswerCase& one : Cases(backend)) {
      SCOPED_TRACE(one.name);
      const Answer said = ReadWhole(backend, WriteWhole(backend, one.answer));
      AnswerUsage usage;
      const std::string out = Translated(backend, client, WriteStream(backend, one.answer), usage);
      EXPECT_EQ(DifferencesOf(AspectsOf(ReadWhole(client, WriteWhole(client, said))),
                              AspectsOf(ReadStream(client, out))),
                Aspects())
          << out;
    }
  });
}

// --- money
// ----------------------------------------------------------------------------------------

ReportedTokens RandomTokens(std::mt19937& random) {
  const auto up_to = [&random](std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(0, most)(random);
  };
  ReportedTokens tokens;
  tokens.input = 1 + up_to(up_to(1) == 0 ? 200 : 3'000'000'000);
  if (up_to(2) > 0) tokens.cached_input = up_to(tokens.input);
  if (up_to(2) > 0) tokens.cache_write = up_to(tokens.input - tokens.cached_input);
  tokens.output = up_to(up_to(1) == 0 ? 200 : 3'000'000'000);
  if (up_to(2) > 0) tokens.reasoning = up_to(tokens.output);
  return tokens;
}

// Whoever asks, an answer costs what its backend reported; and the client is shown these figures.
TEST(AnswerContract, UsageIsTheSameForEachClient) {
  std::mt19937 random(20261128);
  for (int round = 0; round < 60; ++round) {
    Answer answer = AnswerOf({AnswerPart(Kind::kText, "a")}, FinishReason::kStop);
    answer.usage.tokens = RandomTokens(random);
    answer.usage.service_tier = round % 2 == 0 ? "default" : "priority";
    ForEachAnswerRoute([&](ChatProtocol backend, ChatProtocol client) {
      std::string body = WriteWhole(backend, answer);
      const std::string stream = WriteStream(backend, answer);
      const AnswerUsage whole = ReadWhole(backend, body).usage;
      EXPECT_EQ(whole.tokens, answer.usage.tokens) << body;
      EXPECT_EQ(whole.service_tier, answer.usage.service_tier) << body;
      EXPECT_EQ(ReadWholeAnswer(ClientOf(backend), body).usage.tokens, whole.tokens) << body;
      EXPECT_EQ(ReadWhole(client, WriteWhole(client, ReadWhole(backend, body))).usage.tokens,
                whole.tokens);
      AnswerUsage streamed;
      const std::string out = Translated(backend, client, stream, streamed);
      EXPECT_EQ(streamed.tokens, whole.tokens) << stream;
      EXPECT_EQ(streamed.service_tier, whole.service_tier) << stream;
      EXPECT_EQ(ReadStream(client, out).usage.tokens, whole.tokens) << out;
      StreamReader passing(ClientOf(backend), true);
      std::string passed;
      passing.Feed(stream, passed);
      EXPECT_EQ(passing.usage().tokens, whole.tokens) << stream;
    });
    if (HasFailure()) return;
  }
}

// --- continuations
// --------------------------------------------------------------------------------

std::string MemberOf(const std::string& body, std::string_view pointer) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::element member;
  EXPECT_EQ(parser.parse(body).get(root), simdjson::SUCCESS);
  EXPECT_EQ(root.at_pointer(pointer).get(member), simdjson::SUCCESS) << body;
  return simdjson::minify(member);
}

// The request that a client makes of an answer and the result of its call.
std::string FollowUp(ChatProtocol client, const std::string& body) {
  std::string next = R"({"model":"m",)";
  switch (client) {
    case kChat:
      next += R"("messages":[{"role":"user","content":"q"},)" +
              MemberOf(body, "/choices/0/message") +
              R"(,{"role":"tool","tool_call_id":"call:1","content":"r"}])";
      break;
    case kMessages:
      next += R"("max_tokens":9,"messages":[{"role":"user","content":"q"},)"
              R"({"role":"assistant","content":)" +
              MemberOf(body, "/content") +
              R"(},{"role":"user","content":[{"type":"tool_result","tool_use_id":"call:1",)"
              R"("content":"r"}]}])";
      break;
    case kResponses:
      const std::string items = MemberOf(body, "/output");
      next += R"("input":[{"role":"user","content":"q"},)" + items.substr(1, items.size() - 2) +
              R"(,{"type":"function_call_output","call_id":"call:1","output":"r"}])";
      break;
  }
  return next + "}";
}

// The client sends back what it got, and the backend finds its own thoughts, signatures and ids.
TEST(ContinuationContract, ABackendGetsItsOwnWordsBack) {
  ForEachAnswerRoute([](ChatProtocol backend, ChatProtocol client) {
    const std::string id = backend == kMessages ? "call_1" : "call:1";
    const Answer answer = AnswerOf(
        {ThoughtOf(backend), AnswerPart(Kind::kText, "I look."), AnswersCall(id, "{\"a\":1}")},
        FinishReason::kToolCalls);
    const Answer said = ReadWhole(backend, WriteWhole(backend, answer));
    std::string body = FollowUp(client, WriteWhole(client, said));
    if (backend == kMessages) {
      for (std::size_t at = 0; (at = body.find("call:1")) != std::string::npos;) body[at + 4] = '_';
    }
    Conversation request;
    DroppedFields dropped;
    ASSERT_FALSE(ReadConversation(client, body, request, dropped)) << body;
    std::string out;
    ASSERT_FALSE(WriteConversation(backend, request, TraitsOf(backend), dropped, out));
    Conversation arrived;
    DroppedFields unread;
    ASSERT_FALSE(ReadConversation(backend, out, arrived, unread)) << out;
    EXPECT_FALSE(dropped.contains(FieldName(client, ConversationField::kThoughts))) << body;
    const Aspects aspects = AspectsOf(arrived);
    EXPECT_EQ(aspects.at("thoughts"), "Let me \"see\".\n") << body;
    EXPECT_EQ(aspects.at("signatures"), std::string(NameOf(backend)) + " c2lnbmVk+/=") << body;
    EXPECT_EQ(aspects.at("calls"), id + " f {\"a\":1}");
    EXPECT_EQ(aspects.at("results"), id + " r");
    EXPECT_EQ(aspects.at("texts.assistant"), "I look.");
  });
}

}  // namespace
}  // namespace headgate::backends::contract
