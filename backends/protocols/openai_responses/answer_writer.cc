#include "backends/protocols/openai_responses/answer_writer.h"

#include <cstddef>

#include "backends/protocols/openai_responses/input/wrapping.h"
#include "backends/protocols/openai_responses/output_item.h"
#include "backends/protocols/openai_responses/response_object.h"
#include "backends/protocols/translation/signature_mark.h"

namespace headgate::backends::openai_responses {
namespace {

OutputItem::Kind KindOf(const ContentPart& part, const AnswerContext& context) {
  switch (part.kind) {
    case ContentPart::Kind::kThinking:
    case ContentPart::Kind::kHiddenThinking:
      return OutputItem::Kind::kThought;
    case ContentPart::Kind::kToolCall:
      return IsCustomTool(*context.request, part.name) ? OutputItem::Kind::kCustom
                                                       : OutputItem::Kind::kFunction;
    case ContentPart::Kind::kRefusal:
      return OutputItem::Kind::kRefusal;
    default:
      return OutputItem::Kind::kText;
  }
}

OutputItem ItemOf(const ContentPart& part, std::size_t index, const AnswerContext& context) {
  OutputItem item = NewItem(KindOf(part, context), index, context);
  const bool call = part.kind == ContentPart::Kind::kToolCall;
  if (call) item.call_id = CallIdOf(part.id, index, context);
  item.name = part.name;
  item.text = call ? part.arguments : part.text;
  if (call && item.text.empty()) item.text = "{}";
  if (item.kind == OutputItem::Kind::kThought) {
    item.signature = SignatureFor(ChatProtocol::kResponses, part.signature.text,
                                  part.signature.protocol, context);
  }
  item.hidden = part.kind == ContentPart::Kind::kHiddenThinking;
  return item;
}

}  // namespace

void WriteAnswer(const Answer& answer, const AnswerContext& context, std::string& out) {
  const FinishReason finish = answer.finish.value_or(FinishReason::kStop);
  std::string items;
  bool refused = false;
  for (std::size_t i = 0; i < answer.parts.size(); ++i) {
    const ContentPart& part = answer.parts[i];
    const bool cut = finish == FinishReason::kLength && i + 1 == answer.parts.size();
    refused |= part.kind == ContentPart::Kind::kRefusal;
    if (i > 0) items += ',';
    AppendItem(ItemOf(part, i, context), cut ? "incomplete" : "completed", items);
  }
  const std::string id = ResponseId(answer.id, context);
  AppendResponse(context,
                 {.id = id,
                  .model = answer.model,
                  .items = items,
                  .finish = finish,
                  .refused_in_words = refused,
                  .usage = &answer.usage},
                 out);
}

}  // namespace headgate::backends::openai_responses
