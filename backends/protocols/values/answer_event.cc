#include "backends/protocols/values/answer_event.h"

namespace headgate::backends {

// Returns the last part if it is of `kind` and may grow, else a new one.
ContentPart& AnswerCollector::PartOf(ContentPart::Kind kind) {
  if (!open_ || answer_.parts.empty() || answer_.parts.back().kind != kind) {
    answer_.parts.emplace_back().kind = kind;
    open_ = true;
  }
  return answer_.parts.back();
}

// A signature belongs to the thoughts just before it; alone it is hidden thoughts.
void AnswerCollector::AddSignature(const AnswerEvent& event) {
  using Kind = ContentPart::Kind;
  const bool thought =
      open_ && !answer_.parts.empty() && answer_.parts.back().kind == Kind::kThinking;
  Signature& signature = PartOf(thought ? Kind::kThinking : Kind::kHiddenThinking).signature;
  signature.protocol = event.protocol;
  signature.text += event.text;
}

void AnswerCollector::BeginCall(const AnswerEvent& event) {
  open_ = false;
  ContentPart& call = PartOf(ContentPart::Kind::kToolCall);
  call.id = event.id;
  call.name = event.name;
}

void AnswerCollector::On(const AnswerEvent& event) {
  using Kind = AnswerEvent::Kind;
  switch (event.kind) {
    case Kind::kStart:
      answer_.id = event.id;
      answer_.model = event.model;
      break;
    case Kind::kText:
      PartOf(ContentPart::Kind::kText).text += event.text;
      break;
    case Kind::kThinking:
      PartOf(ContentPart::Kind::kThinking).text += event.text;
      break;
    case Kind::kRefusal:
      PartOf(ContentPart::Kind::kRefusal).text += event.text;
      break;
    case Kind::kSignature:
      AddSignature(event);
      break;
    case Kind::kToolCall:
      BeginCall(event);
      break;
    case Kind::kToolArguments:
      PartOf(ContentPart::Kind::kToolCall).arguments += event.text;
      break;
    case Kind::kPartEnd:
      open_ = false;
      break;
    case Kind::kUsage:
      answer_.usage = *event.usage;
      break;
    case Kind::kFinish:
      answer_.finish = event.finish;
      answer_.stop_sequence = event.stop_sequence;
      break;
    case Kind::kEnd:
      answer_.ended = true;
      break;
    case Kind::kPing:
    case Kind::kError:
      break;
  }
}

}  // namespace headgate::backends
