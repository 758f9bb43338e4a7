#include "backends/protocols/anthropic/answer_writer.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "backends/protocols/anthropic/answer_values.h"
#include "backends/protocols/anthropic/parts/part_writer.h"
#include "backends/protocols/json/append_json.h"
#include "backends/protocols/translation/signature_mark.h"

namespace headgate::backends::anthropic {
namespace {

using json::AppendJsonString;
using PartKind = ContentPart::Kind;

bool IsCallPart(const ContentPart& part) { return part.kind == PartKind::kToolCall; }

// Returns whether the client gets the part.
bool IsShown(const ContentPart& part, const Conversation& request) {
  switch (part.kind) {
    case PartKind::kText:
    case PartKind::kRefusal:
      return !part.text.empty();
    case PartKind::kThinking:
      if (!WantsThoughts(request)) return false;
      return !part.signature.text.empty() || (!part.text.empty() && !OmitsThoughtTexts(request));
    case PartKind::kHiddenThinking:
      return WantsThoughts(request) && !part.signature.text.empty();
    default:
      return part.kind == PartKind::kToolCall;
  }
}

void AppendSignature(const Signature& signature, const AnswerContext& context, std::string& out) {
  AppendJsonString(
      SignatureFor(ChatProtocol::kMessages, signature.text, signature.protocol, context), out);
}

void AppendAnswerBlock(const ContentPart& part, std::size_t index, const AnswerContext& context,
                       std::string& out) {
  switch (part.kind) {
    case PartKind::kThinking:
      out += R"({"type":"thinking","thinking":)";
      AppendJsonString(OmitsThoughtTexts(*context.request) ? std::string_view() : part.text, out);
      out += ",\"signature\":";
      AppendSignature(part.signature, context, out);
      out += '}';
      break;
    case PartKind::kHiddenThinking:
      out += R"({"type":"redacted_thinking","data":)";
      AppendSignature(part.signature, context, out);
      out += '}';
      break;
    case PartKind::kToolCall:
      out += R"({"type":"tool_use","id":)";
      AppendJsonString(part.id.empty() ? CallId(index, context) : part.id, out);
      out += ",\"name\":";
      AppendJsonString(part.name, out);
      out += ",\"input\":";
      AppendInput(part.arguments, out);
      out += '}';
      break;
    default:
      AppendTextBlock(part.text, {}, out);
  }
}

}  // namespace

void WriteAnswer(const Answer& answer, const AnswerContext& context, std::string& out) {
  const Conversation& request = *context.request;
  out += "{\"id\":";
  AppendJsonString(MessageId(answer.id, context), out);
  out += R"(,"type":"message","role":"assistant","model":)";
  AppendJsonString(answer.model.empty() ? request.model : answer.model, out);
  out += ",\"content\":[";
  std::size_t index = 0;
  for (const ContentPart& part : answer.parts) {
    if (!IsShown(part, request)) continue;
    if (index > 0) out += ',';
    AppendAnswerBlock(part, index++, context, out);
  }
  const bool calls = std::any_of(answer.parts.begin(), answer.parts.end(), IsCallPart);
  out += "],\"stop_reason\":";
  AppendJsonString(StopReasonOf(answer.finish, calls), out);
  AppendStopSequence(answer.finish, answer.stop_sequence, out);
  out += ",\"usage\":{";
  AppendUsageMembers(answer.usage, out);
  out += "}}";
}

}  // namespace headgate::backends::anthropic
