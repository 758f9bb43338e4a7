#include "tests/bench/request_scenarios.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>

#include "backends/protocols/translator.h"

namespace headgate::gateway {
namespace {

using backends::AnswerEvent;
using backends::ChatProtocol;

// What a protocol is called in the names of scenarios, where its requests go, and how a backend is
// configured that serves it alone.
struct Spoken {
  std::string_view name;
  ChatProtocol protocol;
  std::string_view path;
  std::string_view field;  // of the client's head
  std::string_view backend;
};

constexpr std::array kSpoken = {
    Spoken{"chat", ChatProtocol::kChatCompletions, "/v1/chat/completions", "", "endpoints: [chat]"},
    Spoken{"messages", ChatProtocol::kMessages, "/v1/messages", "anthropic-version: 2023-06-01\r\n",
           "protocol: anthropic"},
    Spoken{"responses", ChatProtocol::kResponses, "/v1/responses", "", "endpoints: [responses]"},
};

[[noreturn]] void FailOn(std::string_view name) {
  std::cerr << "request_path: there is no scenario " << name << "\n";
  std::exit(2);
}

// Takes `word` off the beginning of `text`, if it is there.
bool Take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

const Spoken* TakeProtocol(std::string_view& text) {
  for (const Spoken& spoken : kSpoken) {
    if (Take(text, spoken.name)) return &spoken;
  }
  return nullptr;
}

// A conversation whose body in each protocol has about `size` bytes.
backends::Conversation Asked(std::size_t size, bool stream) {
  constexpr std::string_view kProse = "Tell me in your own words how the harvest of 1987 was. ";
  constexpr std::size_t kMembers = 170;  // bytes of a body without the user's text
  backends::Conversation asked;
  asked.model = "auto";
  asked.stream = stream;
  asked.max_tokens = 500;
  asked.temperature = "0.2";
  asked.system.emplace_back().text = "You are kind.";
  backends::Turn& turn = asked.turns.emplace_back();
  std::string& text = turn.parts.emplace_back().text;
  while (text.size() + kProse.size() + kMembers < size) text += kProse;
  return asked;
}

std::string Request(const Spoken& client, const backends::Conversation& asked) {
  std::string body;
  backends::DroppedFields dropped;
  if (backends::WriteConversation(client.protocol, asked, {.model = "auto"}, dropped, body)) {
    FailOn(client.name);
  }
  return "POST " + std::string(client.path) +
         " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"
         "Accept: application/json\r\nContent-Type: application/json\r\n"
         "User-Agent: OpenAI/Python 1.99.0\r\nX-Stainless-Lang: python\r\n" +
         std::string(client.field) +
         "X-Stainless-Retry-Count: 0\r\nAccept-Encoding: gzip, deflate\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

constexpr backends::ReportedTokens kTokens{.input = 210, .output = 150};

std::vector<std::string> WholeAnswer(const Spoken& backend, const backends::Conversation& asked) {
  backends::Answer answer;
  answer.id = "0123456789abcdef0123456789";
  answer.model = "gpt-4.1-2025-04-14";
  answer.parts.emplace_back().text = std::string(600, 'a');
  answer.finish = backends::FinishReason::kStop;
  answer.usage.tokens = kTokens;
  std::string body;
  backends::WriteAnswer(backend.protocol, answer, {.request = &asked}, body);
  return {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body};
}

std::string InChunk(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string size;
  for (std::size_t left = bytes.size(); left > 0; left /= 16) size.insert(0, 1, kDigits[left % 16]);
  return size + "\r\n" + std::string(bytes) + "\r\n";
}

// A stream of `events` events with text, each in a piece of its own.
std::vector<std::string> StreamedAnswer(const Spoken& backend, const backends::Conversation& asked,
                                        std::size_t events) {
  std::vector<std::string> pieces = {
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"};
  std::string written;
  const auto writer =
      backends::MakeStreamWriter(backend.protocol, {.request = &asked, .request_id = "r"}, written);
  const auto send = [&](const AnswerEvent& event) {
    writer->On(event);
    if (!written.empty()) pieces.push_back(InChunk(written));
    written.clear();
  };
  backends::AnswerUsage usage;
  usage.tokens = kTokens;
  send({.kind = AnswerEvent::Kind::kStart, .id = "0123456789abcdef", .model = "gpt-4.1-2025"});
  for (std::size_t i = 0; i < events; ++i) {
    send({.kind = AnswerEvent::Kind::kText, .text = " harvest"});
  }
  send({.kind = AnswerEvent::Kind::kPartEnd});
  send({.kind = AnswerEvent::Kind::kUsage, .usage = &usage});
  send({.kind = AnswerEvent::Kind::kFinish, .finish = backends::FinishReason::kStop});
  send({.kind = AnswerEvent::Kind::kEnd});
  pieces.back() += "0\r\n\r\n";
  return pieces;
}

}  // namespace

Scenario ScenarioOf(std::string_view name) {
  if (name == "chat_32k_whole") {
    const backends::Conversation asked = Asked(32u << 10, false);
    return {name, Request(kSpoken[0], asked), WholeAnswer(kSpoken[0], asked)};
  }
  std::string_view rest = name;
  const Spoken* client = TakeProtocol(rest);
  const Spoken* backend = Take(rest, "_to_") ? TakeProtocol(rest) : nullptr;
  if (client == nullptr || backend == nullptr) FailOn(name);
  std::size_t events = 0;
  const bool stream = Take(rest, "_stream_");
  if (stream) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), events);
    if (error != std::errc() || end != rest.data() + rest.size()) FailOn(name);
  } else if (rest != "_whole") {
    FailOn(name);
  }
  backends::Conversation asked = Asked(1024, stream);
  asked.stream_usage = client == backend;  // else the gateway asks for it
  const std::string request = Request(*client, asked);
  asked.stream_usage = true;
  return {name, request,
          stream ? StreamedAnswer(*backend, asked, events) : WholeAnswer(*backend, asked),
          backend->backend};
}

}  // namespace headgate::gateway
