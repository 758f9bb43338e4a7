#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/gateway/proxy/proxied_fixture.h"

namespace headgate::gateway {

// One route over three targets, tried in this order. The second and the third continue a given
// text. `same_target`: how often a target is asked again.
inline std::string FailoverPolicy(std::string_view keys_of_route, int same_target = 0) {
  return R"(
server: {auth: none}
backends:
  one: {hosting: paid_api, url: "http://127.0.0.1:1/v1", api_key: key-of-one, models: {gpt-4.1: {name: first, price: {input: 1, output: 2}}}}
  two: {hosting: paid_api, engine: vllm, url: "http://127.0.0.1:2/v1", api_key: key-of-two, models: {gpt-4.1: {name: second, supports: [prefill], price: {input: 10, output: 20}}}}
  three: {hosting: paid_api, engine: vllm, url: "http://127.0.0.1:3/v1", api_key: key-of-three, models: {gpt-4.1: {name: third, supports: [prefill], price: {input: 10, output: 20}}}}
routes: [{name: all, targets: [gpt-4.1@one, gpt-4.1@two, gpt-4.1@three], prefer: ordered, attempts: {same_target: )" +
         std::to_string(same_target) + "}, " + std::string(keys_of_route) + "}]\n";
}

// Events of a backend of chat completions.
inline std::string ChunkOf(std::string_view delta, std::string_view finish = "null") {
  return R"(data: {"id":"c-1","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":)" +
         std::string(delta) + R"(,"finish_reason":)" + std::string(finish) + "}]}\n\n";
}
inline std::string RoleChunk() { return ChunkOf(R"({"role":"assistant","content":""})"); }
inline std::string TextChunk(std::string_view text) {
  return ChunkOf(R"({"content":")" + std::string(text) + R"("})");
}
inline std::string ChunksOfTheEnd(int input, int output) {
  return ChunkOf("{}", R"("stop")") +
         R"(data: {"id":"c-1","choices":[],"usage":{"prompt_tokens":)" + std::to_string(input) +
         R"(,"completion_tokens":)" + std::to_string(output) + "}}\n\ndata: [DONE]\n\n";
}

// A request for a stream that a test follows step by step.
class SteppedFixture : public ProxiedFixture {
 protected:
  using ProxiedFixture::ProxiedFixture;

  static std::string ChatBody(std::string_view more = {}) {
    return R"({"model":"auto","messages":[{"role":"user","content":"hello"}],"stream":true)" +
           std::string(more) + "}";
  }
  // An answer of these pieces; each waits for GoOn if `waits`. `breaks`: how it ends behind them.
  void ExpectStream(std::vector<std::string> pieces, bool waits = false,
                    std::optional<backends::AttemptResult> breaks = {}) {
    ExchangeScript script = StreamedAnswer(std::move(pieces));
    script.waits = waits;
    script.breaks_at_end = breaks;
    exchanges_.Expect(script);
  }
  void ExpectRefusal(int status) {
    exchanges_.Expect(RefusingAnswerOf(status, R"({"error":{"message":"no"}})"));
  }

  // Begins a request and runs it until it waits.
  void Start(std::string body = ChatBody()) {
    running_.emplace(worker_, Ask(std::move(body)), response_, account_);
    Spawn(io_, RunToEnd(*running_), done_);
    Turn();
  }
  // Runs what is ready.
  void Turn() {
    io_.restart();
    io_.poll();
  }
  void GoOn(std::size_t exchange) {
    exchanges_.made[exchange]->GoOn();
    Turn();
  }
  // The worker's sweep, as if it were so much later.
  void TickIn(std::chrono::milliseconds time) {
    running_->Tick(SteadyClock::now() + time);
    Turn();
  }
  void LeaveClient() {
    client_.ClientGone();
    running_->ClientGone();
  }
  // Runs until `holds`, for two seconds at most.
  template <typename Condition>
  void RunUntil(Condition holds) {
    const TimePoint end = SteadyClock::now() + std::chrono::seconds(2);
    io_.restart();
    while (!holds() && SteadyClock::now() < end) io_.run_for(std::chrono::milliseconds(1));
    EXPECT_TRUE(holds());
  }
  void RunOn() {
    RunUntil([this] { return done_.has_value(); });
    running_.reset();
    for (const BackendState& backend : snapshot_->fleet->backends()) {
      EXPECT_EQ(backend.replicas->InFlight(), 0) << backend.name;
    }
  }

  std::optional<ProxiedRequest> running_;
  std::optional<bool> done_;
};

class FailoverFixture : public SteppedFixture {
 protected:
  explicit FailoverFixture(
      std::string_view keys_of_route,
      std::string_view head = "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n\r\n",
      int same_target = 0)
      : SteppedFixture(FailoverPolicy(keys_of_route, same_target), head) {}
};

}  // namespace headgate::gateway
