#include "gateway/dialect/dialect.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "gateway/dialect/translated_request.h"

namespace headgate::gateway {
namespace {

using backends::ChatProtocol;
using backends::ClientProtocol;

TEST(DroppedTextTest, FitsAHeaderFieldWhateverNamesAClientChose) {
  EXPECT_EQ(DroppedText({"top_k", "cache_control"}), "cache_control, top_k");
  EXPECT_EQ(DroppedText({"a\r\nb: c,d\xC3\xA9"}), "a??b:?c?d??");
  backends::DroppedFields many;
  for (int i = 0; i < 100; ++i) many.insert("member_" + std::to_string(i));
  EXPECT_LE(DroppedText(many).size(), 512u);
  EXPECT_TRUE(DroppedText(many).ends_with(", ..."));
}

routing::Target TargetWith(std::uint8_t endpoints) {
  routing::Target target;
  target.endpoints = endpoints;
  return target;
}

TEST(DialectTest, PrefersTheClientsOwnProtocolThenChatCompletions) {
  using routing::BitOf;
  using routing::Endpoint;
  const EndpointRow& messages = *FindEndpoint("POST", "/v1/messages").row;
  const auto all = static_cast<std::uint8_t>(BitOf(Endpoint::kChat) | BitOf(Endpoint::kMessages) |
                                             BitOf(Endpoint::kResponses));
  EXPECT_FALSE(DialectOf(TargetWith(all), messages)->translation);
  const std::optional<Dialect> chat =
      DialectOf(TargetWith(BitOf(Endpoint::kChat) | BitOf(Endpoint::kResponses)), messages);
  ASSERT_TRUE(chat && chat->translation);
  EXPECT_EQ(chat->translation->backend, ChatProtocol::kChatCompletions);
  EXPECT_EQ(chat->translation->client, ChatProtocol::kMessages);
  EXPECT_EQ(chat->path, "/chat/completions");
  const std::optional<Dialect> responses =
      DialectOf(TargetWith(BitOf(Endpoint::kResponses)), messages);
  ASSERT_TRUE(responses && responses->translation);
  EXPECT_EQ(responses->protocol, ClientProtocol::kResponses);
  const EndpointRow& count = *FindEndpoint("POST", "/v1/messages/count_tokens").row;
  EXPECT_FALSE(DialectOf(TargetWith(BitOf(Endpoint::kChat)), count));
}

config::Backend BackendAt(std::string host, config::Engine engine = config::Engine::kNone) {
  config::Backend backend;
  backend.engine = engine;
  backend.replicas = {{.tls = true, .host = std::move(host), .port = 443, .path = "/v1"}};
  return backend;
}

TEST(DialectTest, KnowsHowBackendsGoOnWithAText) {
  using routing::BitOf;
  using routing::Endpoint;
  const EndpointRow& chat = *FindEndpoint("POST", "/v1/chat/completions").row;
  const EndpointRow& messages = *FindEndpoint("POST", "/v1/messages").row;
  const EndpointRow& embeddings = *FindEndpoint("POST", "/v1/embeddings").row;
  const auto both = static_cast<std::uint8_t>(BitOf(Endpoint::kChat) | BitOf(Endpoint::kMessages));
  const routing::Target target = TargetWith(both);

  const auto vllm = BackendAt("10.0.0.1", config::Engine::kVllm);
  const auto native = ContinuedDialectOf(vllm, target, chat);
  ASSERT_TRUE(native);
  EXPECT_EQ(native->prefill->name, "continue_final_message");
  EXPECT_FALSE(native->dialect.translation);
  // Its Messages endpoint cannot continue a text, so the client's own protocol is left.
  const auto translated = ContinuedDialectOf(vllm, target, messages);
  ASSERT_TRUE(translated && translated->dialect.translation);
  EXPECT_EQ(translated->dialect.path, "/chat/completions");
  EXPECT_EQ(translated->dialect.translation->client, ChatProtocol::kMessages);
  EXPECT_FALSE(ContinuedDialectOf(vllm, TargetWith(BitOf(Endpoint::kMessages)), messages));
  EXPECT_FALSE(ContinuedDialectOf(vllm, target, embeddings));

  EXPECT_EQ(ContinuedDialectOf(BackendAt("api.mistral.ai"), target, chat)->prefill->name, "prefix");
  const auto deepseek = ContinuedDialectOf(BackendAt("api.deepseek.com"), target, chat);
  ASSERT_TRUE(deepseek);
  EXPECT_EQ(deepseek->dialect.base_path, "/beta");
  for (const auto& backend : {BackendAt("api.openai.com"), BackendAt("notmistral.ai"),
                              BackendAt("10.0.0.1", config::Engine::kLlamaCpp)}) {
    EXPECT_FALSE(ContinuedDialectOf(backend, target, chat)) << backend.replicas[0].host;
  }
  config::Backend anthropic = BackendAt("api.anthropic.com");
  anthropic.protocol = config::Protocol::kAnthropic;
  EXPECT_FALSE(ContinuedDialectOf(anthropic, target, messages)->dialect.translation);
  EXPECT_EQ(ContinuedDialectOf(anthropic, target, chat)->dialect.path, "/messages");
}

TEST(TranslatedRequestContextTest, KnowsTheModelOfARequestThatCannotBeTranslated) {
  TranslatedRequest good(R"({"model":"m","messages":[{"role":"user","content":"a"}],"stream":true,)"
                         R"("stream_options":{"include_usage":true}})",
                         "asked", "r");
  const backends::AnswerContext context = good.ContextFor(ChatProtocol::kChatCompletions, false);
  EXPECT_EQ(context.request->model, "asked");
  EXPECT_TRUE(context.request->stream_usage);
  EXPECT_EQ(context.request_id, "r");
  TranslatedRequest bad(R"({"model":"m","messages":5})", "asked", "r");
  const backends::AnswerContext poor = bad.ContextFor(ChatProtocol::kChatCompletions, true);
  EXPECT_EQ(poor.request->model, "asked");
  EXPECT_TRUE(poor.request->stream_usage);
  EXPECT_TRUE(poor.request->turns.empty());
  WrittenBody written;
  EXPECT_TRUE(bad.Write({}, {.model = "m"}, true, written)) << "it still cannot be translated";
}

TEST(TraitsTest, SayWhatModelsTake) {
  config::Backend backend;
  backend.replicas = {{.tls = true, .host = "api.openai.com", .port = 443, .path = "/v1"}};
  routing::Target target;
  target.max_output = 500;
  target.supports = routing::kTools;
  const backends::BackendTraits plain = TraitsOf(backend, target);
  EXPECT_TRUE(plain.is_openai);
  EXPECT_EQ(plain.default_max_tokens, 500);
  EXPECT_FALSE(plain.takes_effort) << "it is known not to reason";
  EXPECT_TRUE(plain.takes_sampling);
  target.supports = 0xff & ~routing::kDocuments;  // nothing is known but the engine
  EXPECT_TRUE(TraitsOf(backend, target).takes_effort);
  target.supports = routing::kTools;
  target.reasoning = true;
  EXPECT_TRUE(TraitsOf(backend, target).takes_effort);
  EXPECT_FALSE(TraitsOf(backend, target).takes_sampling);
  EXPECT_FALSE(plain.takes_thoughts) << "OpenAI may refuse reasoning_content";
  backend.name = "a";
  const std::string origin = TraitsOf(backend, target).origin;
  EXPECT_EQ(origin.size(), 8u);
  backend.name = "b";
  EXPECT_NE(TraitsOf(backend, target).origin, origin);
  backend.engine = config::Engine::kVllm;
  EXPECT_TRUE(TraitsOf(backend, target).takes_thoughts);
  backend.engine = config::Engine::kNone;
  backend.protocol = config::Protocol::kAnthropic;
  EXPECT_FALSE(TraitsOf(backend, target).is_openai);
  EXPECT_TRUE(TraitsOf(backend, target).takes_sampling);
  backend.anthropic_version = "2026-10-21";
  EXPECT_FALSE(TraitsOf(backend, target).takes_sampling);
}

}  // namespace
}  // namespace headgate::gateway
