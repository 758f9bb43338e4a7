#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/values/answer_event.h"

namespace headgate::backends {

// Writes events one a line, so that a test reads as a list of what was told. Texts that follow each
// other in one part are joined: how a backend cuts them is its business.
class EventLog final : public AnswerSink {
 public:
  void On(const AnswerEvent& event) override {
    using Kind = AnswerEvent::Kind;
    switch (event.kind) {
      case Kind::kStart:
        return Line("start ", std::string(event.id) + " " + std::string(event.model));
      case Kind::kText:
        return Grow("text ", event.text);
      case Kind::kThinking:
        return Grow("thinking ", event.text);
      case Kind::kSignature:
        return Grow("signature ", event.text);
      case Kind::kRefusal:
        return Grow("refusal ", event.text);
      case Kind::kToolCall:
        return Line("call ", std::string(event.id) + " " + std::string(event.name));
      case Kind::kToolArguments:
        return Grow("arguments ", event.text);
      case Kind::kPartEnd:
        return Line("part end", "");
      case Kind::kUsage:
        return Line("usage ", UsageLine(*event.usage));
      case Kind::kFinish:
        return Line("finish ", std::to_string(static_cast<int>(event.finish)) +
                                   (event.stop_sequence.empty() ? "" : " at ") +
                                   std::string(event.stop_sequence));
      case Kind::kPing:
        return Line("ping", "");
      case Kind::kError:
        return Line("error ", event.text);
      case Kind::kEnd:
        return Line("end", "");
    }
  }

  std::string text;

 private:
  static std::string UsageLine(const AnswerUsage& usage) {
    if (!usage.tokens) return "none";
    const ReportedTokens& t = *usage.tokens;
    return std::to_string(t.input) + " cached " + std::to_string(t.cached_input) + " written " +
           std::to_string(t.cache_write) + " output " + std::to_string(t.output) + " reasoning " +
           std::to_string(t.reasoning) + (t.consistent ? "" : " inconsistent") +
           (usage.service_tier.empty() ? "" : " ") + usage.service_tier;
  }
  void Line(std::string_view what, std::string_view rest) {
    text.append(what).append(rest).append("\n");
    last_ = {};
  }
  void Grow(std::string_view what, std::string_view rest) {
    if (last_ == what) {
      text.pop_back();
    } else {
      text.append(what);
    }
    text.append(rest).append("\n");
    last_ = what;
  }

  std::string_view last_;
};

}  // namespace headgate::backends
