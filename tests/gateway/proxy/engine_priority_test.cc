#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/load.h"
#include "tests/gateway/proxy/failover_fixture.h"

namespace headgate::gateway {
namespace {

using config::EnginePriority;

// Three engines, one of which has no endpoint for Messages, and a paid API. `urgent` is a class of
// the operator's.
constexpr std::string_view kEngines = R"(
server: {auth: none}
models:
  low: {context: 100000}
  high: {context: 100000}
  none: {context: 100000}
  native: {context: 100000}
classes:
  - {class: urgent, when: {model: high, stream: true}}
backends:
  vllm: {hosting: self_hosted, engine: vllm, endpoints: [chat, completions, embeddings, responses], replicas: ["http://127.0.0.1:1/v1"], slots: 4, cost: {per_replica_hour: 1}, models: {low: up}}
  sglang: {hosting: self_hosted, engine: sglang, endpoints: [chat, messages], replicas: ["http://127.0.0.1:2/v1"], slots: 4, cost: {per_replica_hour: 1}, models: {high: up}}
  plain: {hosting: self_hosted, engine: vllm, endpoints: [chat], replicas: ["http://127.0.0.1:3/v1"], slots: 4, cost: {per_replica_hour: 1}, models: {none: up}}
  wide: {hosting: self_hosted, engine: vllm, endpoints: [responses], replicas: ["http://127.0.0.1:4/v1"], slots: 4, cost: {per_replica_hour: 1}, models: {native: up}}
routes: [{name: all, prefer: ordered}]
)";

constexpr std::string_view kAnswerOfChat =
    R"({"id":"c","object":"chat.completion","created":1,"model":"up","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})";
constexpr std::string_view kHeadOfChat = "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n";

std::shared_ptr<const Snapshot> WithPriorities(std::string_view policy) {
  config::LoadResult loaded =
      config::LoadText(std::string(policy), "p.yaml", config::ProcessEnvironment());
  for (const config::Diagnostic& found : loaded.diagnostics) ADD_FAILURE() << ToString(found);
  if (!loaded.config) return nullptr;
  for (config::Backend& backend : loaded.config->backends) {
    if (backend.name == "plain" || backend.name == "one") continue;
    backend.priority =
        backend.name == "sglang" ? EnginePriority::kHighFirst : EnginePriority::kLowFirst;
  }
  for (config::CustomClass& own : loaded.config->classes) own.band = config::Band::kLatencyCritical;
  LabelTable labels;
  auto snapshot = Snapshot::Make(*std::move(loaded.config), nullptr, labels);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return snapshot.ok() ? *std::move(snapshot) : nullptr;
}

class PrioritisedRequest : public ProxiedFixture {
 protected:
  PrioritisedRequest() : ProxiedFixture(kEngines, std::string(kHeadOfChat) + "\r\n") {
    snapshot_ = WithPriorities(kEngines);
  }

  // Sends a request whose head ends with `field`, and returns the body that the backend got.
  std::string Sent(std::string_view path, std::string_view field, std::string body,
                   ExchangeScript answer) {
    head_bytes_ = "POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(field) +
                  std::string(field.empty() ? "\r\n" : "\r\n\r\n");
    Begin();
    exchanges_.Expect(std::move(answer));
    Run(Ask(std::move(body)));
    const std::string& request = exchanges_.traces.back().request;
    return request.substr(request.find("\r\n\r\n") + 4);
  }
  std::string SentToChat(std::string_view field, std::string body) {
    return Sent("/v1/chat/completions", field, std::move(body),
                WholeAnswer(std::string(kAnswerOfChat)));
  }
};

constexpr std::string_view kBatch = "x-headgate-class: batch";
constexpr std::string_view kUrgent = "x-headgate-class: latency_critical";
constexpr std::string_view kHello = R"("messages":[{"role":"user","content":"hello"}]})";

TEST_F(PrioritisedRequest, HasTheSignOfItsEngine) {
  struct Row {
    std::string_view model, field, priority;
  };
  const Row rows[] = {{"low", kUrgent, "-10"}, {"low", "", "0"},  {"low", kBatch, "10"},
                      {"high", kUrgent, "10"}, {"high", "", "0"}, {"high", kBatch, "-10"}};
  for (const Row& row : rows) {
    const std::string model(row.model);
    const std::string priority(row.priority);
    EXPECT_EQ(SentToChat(row.field, R"({"model":")" + model + R"(",)" + std::string(kHello)),
              R"({"priority":)" + priority + R"(,"model":"up",)" + std::string(kHello));
    // A client cannot jump the queue.
    EXPECT_EQ(SentToChat(row.field,
                         R"({"model":")" + model + R"(","priority":-999,)" + std::string(kHello)),
              R"({"model":"up","priority":)" + priority + "," + std::string(kHello));
  }
}

TEST_F(PrioritisedRequest, KeepsTheClientsPriorityWhereTheBackendHasNone) {
  EXPECT_EQ(SentToChat(kBatch, R"({"model":"none","priority":-999,)" + std::string(kHello)),
            R"({"model":"up","priority":-999,)" + std::string(kHello));
  EXPECT_EQ(SentToChat(kBatch, R"({"model":"none",)" + std::string(kHello)),
            R"({"model":"up",)" + std::string(kHello));
}

TEST_F(PrioritisedRequest, HasTheBandOfACustomClass) {
  const std::string stream = R"("stream":true,)" + std::string(kHello);
  EXPECT_EQ(Sent("/v1/chat/completions", "", R"({"model":"high",)" + stream,
                 StreamedAnswer({RoleChunk() + TextChunk("hi") + ChunksOfTheEnd(10, 5)})),
            R"({"stream_options":{"include_usage":true},"priority":10,"model":"up",)" + stream);
}

TEST_F(PrioritisedRequest, HasOneInTheOtherEndpointsOfOpenAi) {
  const auto whole = [](std::string_view text) { return WholeAnswer(std::string(text)); };
  EXPECT_EQ(
      Sent(
          "/v1/completions", kBatch, R"({"model":"low","prompt":"a"})",
          whole(
              R"({"id":"c","object":"text_completion","choices":[{"text":"b","index":0,"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}})")),
      R"({"priority":10,"model":"up","prompt":"a"})");
  EXPECT_EQ(
      Sent(
          "/v1/responses", kBatch, R"({"model":"low","input":"a"})",
          whole(
              R"({"id":"r","object":"response","status":"completed","output":[],"usage":{"input_tokens":1,"output_tokens":1}})")),
      R"({"priority":10,"model":"up","input":"a"})");
}

TEST_F(PrioritisedRequest, HasOneIfItIsTranslated) {
  const std::string asked = R"(","max_tokens":9,"priority":-999,)" + std::string(kHello);
  EXPECT_EQ(
      Sent("/v1/messages", kBatch, R"({"model":"low)" + asked,
           WholeAnswer(std::string(kAnswerOfChat))),
      R"({"model":"up","messages":[{"role":"user","content":"hello"}],"max_tokens":9,"priority":10})");
  EXPECT_EQ(
      Sent(
          "/v1/messages", kUrgent, R"({"model":"native)" + asked,
          WholeAnswer(
              R"({"id":"r","object":"response","status":"completed","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"hi"}]}],"usage":{"input_tokens":1,"output_tokens":1}})")),
      R"({"model":"up","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hello"}]}],"store":false,"max_output_tokens":9,"priority":-10})");
  EXPECT_EQ(Sent("/v1/messages", kBatch, R"({"model":"none)" + asked,
                 WholeAnswer(std::string(kAnswerOfChat))),
            R"({"model":"up","messages":[{"role":"user","content":"hello"}],"max_tokens":9})");
}

TEST_F(PrioritisedRequest, HasOneInATranslatedStreamToo) {
  EXPECT_EQ(
      Sent("/v1/messages", kBatch,
           R"({"model":"low","max_tokens":9,"stream":true,)" + std::string(kHello),
           StreamedAnswer({RoleChunk() + TextChunk("hi") + ChunksOfTheEnd(10, 5)})),
      R"({"model":"up","messages":[{"role":"user","content":"hello"}],"stream":true,"stream_options":{"include_usage":true},"max_tokens":9,"priority":10})");
}

// vLLM and SGLang document no priority of Messages.
TEST_F(PrioritisedRequest, HasNoneIfTheEngineIsAskedInMessages) {
  const std::string asked = R"(","max_tokens":9,"priority":-999,)" + std::string(kHello);
  EXPECT_EQ(
      Sent(
          "/v1/messages", kBatch, R"({"model":"high)" + asked,
          WholeAnswer(
              R"({"id":"msg_1","type":"message","role":"assistant","model":"up","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":5}})")),
      R"({"model":"up)" + asked);
}

class PrioritisedRest : public FailoverFixture {
 protected:
  PrioritisedRest()
      : FailoverFixture("resume: true",
                        std::string(kHeadOfChat) + std::string(kBatch) + "\r\n\r\n") {
    snapshot_ = WithPriorities(FailoverPolicy("resume: true"));
  }
};

TEST_F(PrioritisedRest, TheRestOfAnAnswerHasOneAsWell) {
  ExpectStream({RoleChunk() + TextChunk("one ")}, false, backends::AttemptResult::kCut);
  ExpectStream({RoleChunk() + TextChunk("two") + ChunksOfTheEnd(20, 5)});
  Start(ChatBody(R"(,"priority":-999)"));
  RunOn();
  ASSERT_EQ(exchanges_.traces.size(), 2u);
  const auto has = [&](std::size_t exchange, std::string_view text) {
    return exchanges_.traces[exchange].request.find(text) != std::string::npos;
  };
  EXPECT_TRUE(has(0, R"("priority":-999)")) << "the first backend has no priority";
  EXPECT_TRUE(has(1, R"("continue_final_message":true)"));
  EXPECT_TRUE(has(1, R"("priority":10)"));
  EXPECT_FALSE(has(1, "-999"));
}

}  // namespace
}  // namespace headgate::gateway
