#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/gateway/fake_exchange.h"
#include "tests/gateway/proxy/proxied_fixture.h"

namespace headgate::gateway {

// Requests for chats over two targets, tried in this order.
inline constexpr std::string_view kTwoTargets = R"(
server: {auth: none}
backends:
  one: {hosting: paid_api, url: "http://127.0.0.1:1/v1", api_key: key-of-one, models: {gpt-4.1: {name: first, price: {input: 1, output: 2}}}}
  two: {hosting: paid_api, url: "http://127.0.0.1:2/v1", api_key: key-of-two, models: {gpt-4.1: {name: second, price: {input: 10, output: 20}}}}
routes: [{name: all, targets: [gpt-4.1@one, gpt-4.1@two], prefer: ordered}]
)";

class TwoTargetsFixture : public ProxiedFixture {
 protected:
  TwoTargetsFixture()
      : ProxiedFixture(kTwoTargets, "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n\r\n") {}

  static constexpr std::string_view kAnswer =
      R"({"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})";
  static constexpr NanoUsd kCostAtOne = 10 * 1'000 + 5 * 2'000;
  static std::string Event(std::string_view content) {
    return R"(data: {"choices":[{"index":0,"delta":{"content":")" + std::string(content) +
           "\"}}]}\n\n";
  }
  static constexpr std::string_view kLastEvents =
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\n"
      "data: [DONE]\n\n";

  ClientRequest Chat(bool stream) {
    return Ask(std::string(R"({"model":"auto","messages":[{"role":"user","content":"hello"}])") +
               (stream ? R"(,"stream":true})" : "}"));
  }
  // Serves one request from its body to its answer.
  void Serve(bool stream) { Run(Chat(stream)); }
  // Serves one request until the first of two events has come; RunOn goes on.
  void ServeHalfAStream() {
    ExchangeScript script = StreamedAnswer({Event("one"), Event("two")});
    script.waits = true;
    exchanges_.Expect(script);
    running_.emplace(worker_, Chat(/*stream=*/true), response_, account_);
    Spawn(io_, RunToEnd(*running_), done_);
    io_.poll();
    exchanges_.made[0]->GoOn();
    io_.restart();
    io_.poll();
  }
  void RunOn() {
    io_.restart();
    io_.run();
  }

  std::optional<ProxiedRequest> running_;
  std::optional<bool> done_;
};

}  // namespace headgate::gateway
