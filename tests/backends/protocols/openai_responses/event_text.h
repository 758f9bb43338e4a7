#pragma once

#include <string>

#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::openai_responses {

inline std::string UsageText(const AnswerUsage& usage) {
  std::string text = "usage";
  if (usage.tokens) {
    text += " " + std::to_string(usage.tokens->input) + "/" +
            std::to_string(usage.tokens->cached_input) + "/" +
            std::to_string(usage.tokens->cache_write) + "/" + std::to_string(usage.tokens->output) +
            "/" + std::to_string(usage.tokens->reasoning);
  }
  if (!usage.service_tier.empty()) text += " " + usage.service_tier;
  return text;
}

// Writes each event down as a line.
class EventText final : public AnswerSink {
 public:
  void On(const AnswerEvent& event) override {
    using Kind = AnswerEvent::Kind;
    const std::string text(event.text);
    const std::string id(event.id);
    switch (event.kind) {
      case Kind::kStart:
        return Line("start " + id + " " + std::string(event.model));
      case Kind::kText:
        return Line("text " + text);
      case Kind::kThinking:
        return Line("thinking " + text);
      case Kind::kSignature:
        return Line((event.protocol == ChatProtocol::kResponses ? "signature " : "foreign ") +
                    text);
      case Kind::kRefusal:
        return Line("refusal " + text);
      case Kind::kToolCall:
        return Line("call " + id + " " + std::string(event.name));
      case Kind::kToolArguments:
        return Line("arguments " + text);
      case Kind::kPartEnd:
        return Line("part end");
      case Kind::kUsage:
        return Line(UsageText(*event.usage));
      case Kind::kFinish:
        return Line("finish " + std::to_string(static_cast<int>(event.finish)));
      case Kind::kPing:
        return Line("ping");
      case Kind::kError:
        return Line("error " + text);
      case Kind::kEnd:
        return Line("end");
    }
  }
  const std::string& lines() const { return lines_; }

 private:
  void Line(const std::string& line) { lines_.append(line).append("\n"); }

  std::string lines_;
};

}  // namespace headgate::backends::openai_responses
