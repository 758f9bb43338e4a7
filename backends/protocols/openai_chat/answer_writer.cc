#include "backends/protocols/openai_chat/answer_writer.h"

#include <cstddef>
#include <string_view>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/openai_chat/body/wire_words.h"
#include "backends/protocols/translation/signature_mark.h"

namespace headgate::backends::openai_chat {
namespace {

using Kind = ContentPart::Kind;
using json::AppendJsonString;

// What a message says, its parts joined by kind.
struct MessageTexts {
  std::string content;
  std::string refusal;
  std::string thoughts;
  std::string blocks;  // the entries of thinking_blocks
  std::string calls;   // the entries of tool_calls
  std::string legacy;  // the value of function_call: the first call
};

void AddThought(const ContentPart& part, const AnswerContext& context, MessageTexts& texts) {
  texts.thoughts += part.text;
  if (part.signature.text.empty()) return;
  if (!texts.blocks.empty()) texts.blocks += ',';
  const std::string signature = SignatureFor(ChatProtocol::kChatCompletions, part.signature.text,
                                             part.signature.protocol, context);
  AppendThinkingBlock(part.text, signature, texts.blocks);
}

void AppendCalled(const ContentPart& part, std::string& out) {
  out += "{\"name\":";
  AppendJsonString(part.name, out);
  out += ",\"arguments\":";
  AppendJsonString(part.arguments.empty() ? "{}" : part.arguments, out);
  out += '}';
}

void AddCall(const ContentPart& part, std::size_t number, const AnswerContext& context,
             MessageTexts& texts) {
  if (context.request->legacy_calls) {
    if (texts.legacy.empty()) AppendCalled(part, texts.legacy);
    return;
  }
  std::string& calls = texts.calls;
  calls += calls.empty() ? "{\"id\":" : ",{\"id\":";
  AppendJsonString(CallIdOf(part.id, number, context), calls);
  calls += R"(,"type":"function","function":)";
  AppendCalled(part, calls);
  calls += '}';
}

MessageTexts TextsOf(const Answer& answer, const AnswerContext& context) {
  MessageTexts texts;
  std::size_t calls = 0;
  for (const ContentPart& part : answer.parts) {
    switch (part.kind) {
      case Kind::kText:
        texts.content += part.text;
        break;
      case Kind::kRefusal:
        texts.refusal += part.text;
        break;
      case Kind::kThinking:
      case Kind::kHiddenThinking:
        AddThought(part, context, texts);
        break;
      case Kind::kToolCall:
        AddCall(part, calls++, context, texts);
        break;
      case Kind::kImage:
      case Kind::kDocument:
      case Kind::kToolResult:
        break;
    }
  }
  return texts;
}

void AppendNullable(std::string_view key, const std::string& text, std::string& out) {
  out += key;
  if (text.empty()) {
    out += "null";
  } else {
    AppendJsonString(text, out);
  }
}

void AppendMessage(const Answer& answer, const AnswerContext& context, std::string& out) {
  const MessageTexts texts = TextsOf(answer, context);
  AppendNullable(R"({"role":"assistant","content":)", texts.content, out);
  AppendNullable(",\"refusal\":", texts.refusal, out);
  if (!texts.thoughts.empty()) AppendNullable(",\"reasoning_content\":", texts.thoughts, out);
  if (!texts.blocks.empty()) out.append(",\"thinking_blocks\":[").append(texts.blocks).append("]");
  if (!texts.legacy.empty()) out.append(",\"function_call\":").append(texts.legacy);
  if (!texts.calls.empty()) out.append(",\"tool_calls\":[").append(texts.calls).append("]");
  out += '}';
}

}  // namespace

void WriteAnswer(const Answer& answer, const AnswerContext& context, std::string& out) {
  out = "{\"id\":";
  AppendJsonString(AnswerId(answer.id, context.request_id), out);
  out += R"(,"object":"chat.completion","created":)";
  json::AppendInteger(context.created, out);
  out += ",\"model\":";
  AppendJsonString(answer.model.empty() ? context.request->model : answer.model, out);
  out += R"(,"choices":[{"index":0,"message":)";
  AppendMessage(answer, context, out);
  out += R"(,"logprobs":null,"finish_reason":")";
  out.append(FinishWord(answer.finish.value_or(FinishReason::kStop), *context.request));
  out += "\"}]";
  if (answer.usage.tokens) {
    out += ",\"usage\":";
    AppendUsage(*answer.usage.tokens, out);
  }
  if (!answer.usage.service_tier.empty()) {
    out += ",\"service_tier\":";
    AppendJsonString(answer.usage.service_tier, out);
  }
  out += '}';
}

}  // namespace headgate::backends::openai_chat
