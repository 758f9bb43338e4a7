#include "tests/bench/request_scenarios.h"

#include <cstdlib>
#include <iostream>

namespace headgate::gateway {
namespace {

std::string ChatRequest(std::size_t size, bool stream) {
  std::string body = R"({"model":"auto","messages":[{"role":"system","content":"You are kind."},)"
                     R"({"role":"user","content":")";
  const std::string_view tail = stream ? R"("}],"temperature":0.2,"max_tokens":500,"stream":true})"
                                       : R"("}],"temperature":0.2,"max_tokens":500})";
  constexpr std::string_view kProse = "Tell me in your own words how the harvest of 1987 was. ";
  while (body.size() + kProse.size() + tail.size() < size) body += kProse;
  body += tail;
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"
         "Accept: application/json\r\nContent-Type: application/json\r\n"
         "User-Agent: OpenAI/Python 1.99.0\r\nX-Stainless-Lang: python\r\n"
         "X-Stainless-Retry-Count: 0\r\nAccept-Encoding: gzip, deflate\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::vector<std::string> WholeAnswer() {
  const std::string body =
      R"({"id":"chatcmpl-0123456789abcdef0123456789","object":"chat.completion","created":1790000000,)"
      R"("model":"gpt-4.1-2025-04-14","choices":[{"index":0,"message":{"role":"assistant","content":")" +
      std::string(600, 'a') +
      R"("},"finish_reason":"stop"}],"usage":{"prompt_tokens":210,"completion_tokens":150,"total_tokens":360}})";
  return {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body};
}

std::string InChunk(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string size;
  for (std::size_t left = bytes.size(); left > 0; left /= 16) size.insert(0, 1, kDigits[left % 16]);
  return size + "\r\n" + std::string(bytes) + "\r\n";
}

std::string Event(std::string_view choices, std::string_view tail) {
  return InChunk(
      R"(data: {"id":"chatcmpl-0123456789abcdef0123456789","object":"chat.completion.chunk",)"
      R"("created":1790000000,"model":"gpt-4.1-2025-04-14","choices":[)" +
      std::string(choices) + "]" + std::string(tail) + "}\n\n");
}

}  // namespace

std::vector<std::string> StreamedAnswer(std::size_t events) {
  std::vector<std::string> pieces = {
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"};
  for (std::size_t i = 0; i < events; ++i) {
    pieces.push_back(
        Event(R"({"index":0,"delta":{"content":" harvest"},"finish_reason":null})", ""));
  }
  pieces.push_back(Event(R"({"index":0,"delta":{},"finish_reason":"stop"})", ""));
  pieces.push_back(
      Event("", R"(,"usage":{"prompt_tokens":210,"completion_tokens":20,"total_tokens":230})"));
  pieces.push_back(InChunk("data: [DONE]\n\n") + "0\r\n\r\n");
  return pieces;
}

Scenario ScenarioOf(std::string_view name) {
  if (name == "chat_1k_whole") return {name, ChatRequest(1024, false), WholeAnswer()};
  if (name == "chat_1k_stream_20") return {name, ChatRequest(1024, true), StreamedAnswer(kEvents)};
  if (name == "chat_32k_whole") return {name, ChatRequest(32u << 10, false), WholeAnswer()};
  std::cerr << "request_path: there is no scenario " << name << "\n";
  std::exit(2);
}

}  // namespace headgate::gateway
