#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "backends/protocols/openai_chat/stream_reader.h"
#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::openai_chat {

// Writes the events of an answer as one line, each as its name with what it carries.
class EventLog final : public AnswerSink {
 public:
  void On(const AnswerEvent& event) override {
    if (!text.empty()) text += ' ';
    text += Words(event);
  }

  std::string text;

 private:
  static std::string In(std::string_view name, std::string_view value) {
    return std::string(name) + "(" + std::string(value) + ")";
  }

  static std::string Words(const AnswerEvent& event) {
    using Kind = AnswerEvent::Kind;
    switch (event.kind) {
      case Kind::kStart:
        return In("start", std::string(event.id) + "," + std::string(event.model));
      case Kind::kText:
        return In("text", event.text);
      case Kind::kThinking:
        return In("think", event.text);
      case Kind::kSignature:
        return In(event.protocol == ChatProtocol::kChatCompletions ? "chat-sign" : "sign",
                  event.text);
      case Kind::kRefusal:
        return In("refuse", event.text);
      case Kind::kToolCall:
        return In("call", std::string(event.id) + "," + std::string(event.name));
      case Kind::kToolArguments:
        return In("args", event.text);
      case Kind::kPartEnd:
        return "|";
      case Kind::kUsage:
        return In("usage", Usage(*event.usage));
      case Kind::kFinish:
        return In("finish", Reason(event.finish) + std::string(event.stop_sequence));
      case Kind::kPing:
        return "ping";
      case Kind::kError:
        return In("error", event.text);
      case Kind::kEnd:
        return "end";
    }
    return "?";
  }

  // input/cached/written>output/reasoning and the tier
  static std::string Usage(const AnswerUsage& usage) {
    std::string text = "none";
    if (usage.tokens) {
      const ReportedTokens& t = *usage.tokens;
      text = std::to_string(t.input) + "/" + std::to_string(t.cached_input) + "/" +
             std::to_string(t.cache_write) + ">" + std::to_string(t.output) + "/" +
             std::to_string(t.reasoning);
    }
    return usage.service_tier.empty() ? text : text + " " + usage.service_tier;
  }

  static std::string Reason(FinishReason reason) {
    switch (reason) {
      case FinishReason::kStop:
        return "stop";
      case FinishReason::kStopSequence:
        return "sequence ";
      case FinishReason::kLength:
        return "length";
      case FinishReason::kToolCalls:
        return "calls";
      case FinishReason::kRefusal:
        return "refusal";
      case FinishReason::kPause:
        return "pause";
    }
    return "?";
  }
};

inline std::string Event(std::string_view json) { return "data: " + std::string(json) + "\n\n"; }

// A chunk whose delta has `members`.
inline std::string Delta(std::string_view members, std::string_view finish = "null") {
  return Event(R"({"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[)"
               R"({"index":0,"delta":{)" +
               std::string(members) + R"(},"finish_reason":)" + std::string(finish) + "}]}");
}

inline const std::string kDone = "data: [DONE]\n\n";

// The events of a stream, and "malformed" behind them if it is so.
inline std::string EventsOf(std::string_view stream, std::size_t piece = std::string_view::npos) {
  EventLog log;
  StreamReader reader(1 << 16);
  for (std::size_t at = 0; at < stream.size(); at += std::min(piece, stream.size() - at)) {
    reader.Feed(stream.substr(at, piece), log);
  }
  return reader.malformed() ? log.text + " malformed" : log.text;
}

}  // namespace headgate::backends::openai_chat
