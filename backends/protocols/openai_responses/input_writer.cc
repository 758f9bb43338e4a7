#include "backends/protocols/openai_responses/input_writer.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "backends/protocols/json/append_json.h"

namespace headgate::backends::openai_responses {
namespace {

using json::AppendJsonString;
using Part = ContentPart::Kind;

class InputWriter {
 public:
  InputWriter(const Conversation& conversation, const BackendTraits& traits, DroppedFields& dropped,
              std::string& out)
      : conversation_(conversation), traits_(traits), dropped_(dropped), out_(out) {}

  void WriteItems();

 private:
  void WriteTurn(const Turn& turn);
  void WriteMessagePart(const ContentPart& part, TurnRole role);
  void WriteContent(const ContentPart& part, std::string_view text_type);
  void WriteImage(const ContentPart& part);
  void WriteDocument(const ContentPart& part, std::string_view text_type);
  void WriteCall(const ContentPart& call);
  void WriteResult(const ContentPart& result);
  void WriteThought(const ContentPart& thought);

  std::string_view RoleName(TurnRole role) const;
  void BeginItem();
  void EndMessage();
  // Appends `name`, as ,"url": , and a string.
  void Text(std::string_view name, std::string_view text) {
    out_ += name;
    AppendJsonString(text, out_);
  }
  void DataUrl(std::string_view name, const ContentPart& part) {
    Text(name, "data:" + part.media_type + ";base64," + part.data);
  }
  void Drop(bool said, ConversationField field) {
    if (said) dropped_.emplace(FieldName(conversation_.protocol, field));
  }

  const Conversation& conversation_;
  const BackendTraits& traits_;
  DroppedFields& dropped_;
  std::string& out_;
  bool has_items_ = false;
  bool in_message_ = false;
};

void InputWriter::WriteItems() {
  out_ += '[';
  for (const Turn& turn : conversation_.turns) WriteTurn(turn);
  out_ += ']';
}

void InputWriter::BeginItem() {
  EndMessage();
  if (has_items_) out_ += ',';
  has_items_ = true;
}

void InputWriter::EndMessage() {
  if (in_message_) out_ += "]}";
  in_message_ = false;
}

std::string_view InputWriter::RoleName(TurnRole role) const {
  switch (role) {
    case TurnRole::kSystem:
      return traits_.is_openai ? "developer" : "system";
    case TurnRole::kAssistant:
      return "assistant";
    case TurnRole::kUser:
      break;
  }
  return "user";
}

void InputWriter::WriteTurn(const Turn& turn) {
  for (const ContentPart& part : turn.parts) {
    Drop(!part.cache_control.empty(), ConversationField::kCacheControl);
    switch (part.kind) {
      case Part::kToolCall:
        WriteCall(part);
        break;
      case Part::kToolResult:
        WriteResult(part);
        break;
      case Part::kThinking:
      case Part::kHiddenThinking:
        WriteThought(part);
        break;
      case Part::kText:
      case Part::kRefusal:
        if (!part.text.empty()) WriteMessagePart(part, turn.role);
        break;
      case Part::kImage:
      case Part::kDocument:
        WriteMessagePart(part, turn.role);
        break;
    }
  }
  EndMessage();
}

void InputWriter::WriteMessagePart(const ContentPart& part, TurnRole role) {
  if (in_message_) {
    out_ += ',';
  } else {
    BeginItem();
    Text(R"({"type":"message","role":)", RoleName(role));
    out_ += R"(,"content":[)";
    in_message_ = true;
  }
  WriteContent(part, role == TurnRole::kAssistant ? R"({"type":"output_text","text":)"
                                                  : R"({"type":"input_text","text":)");
}

void InputWriter::WriteContent(const ContentPart& part, std::string_view text_type) {
  switch (part.kind) {
    case Part::kImage:
      WriteImage(part);
      break;
    case Part::kDocument:
      WriteDocument(part, text_type);
      break;
    case Part::kRefusal:
      Text(R"({"type":"refusal","refusal":)", part.text);
      break;
    default:
      Text(text_type, part.text);
  }
  out_ += '}';
}

void InputWriter::WriteImage(const ContentPart& part) {
  constexpr std::string_view kUrl = R"({"type":"input_image","image_url":)";
  if (part.url.empty()) {
    DataUrl(kUrl, part);
  } else {
    Text(kUrl, part.url);
  }
  Text(R"(,"detail":)", part.image_detail.empty() ? "auto" : part.image_detail);
}

void InputWriter::WriteDocument(const ContentPart& part, std::string_view text_type) {
  if (!part.url.empty()) {
    Text(R"({"type":"input_file","file_url":)", part.url);
  } else if (!part.data.empty()) {
    DataUrl(R"({"type":"input_file","file_data":)", part);
    // OpenAI takes data only with a name.
    Text(R"(,"filename":)", part.name.empty() ? "document.pdf" : part.name);
  } else {
    Text(text_type, part.name.empty() ? part.text : part.name + "\n\n" + part.text);
  }
}

void InputWriter::WriteCall(const ContentPart& call) {
  BeginItem();
  Text(R"({"type":"function_call","call_id":)", call.id);
  Text(R"(,"name":)", call.name);
  Text(R"(,"arguments":)", call.arguments.empty() ? "{}" : call.arguments);
  out_ += '}';
}

// Many servers read only a string, so texts alone are one string. The model is told of an error in
// words, because the protocol has no mark for it.
void InputWriter::WriteResult(const ContentPart& result) {
  constexpr std::string_view kErrorWord = "Error: ";
  BeginItem();
  Text(R"({"type":"function_call_output","call_id":)", result.id);
  out_ += R"(,"output":)";
  Drop(result.is_error, ConversationField::kToolError);
  std::string text(result.is_error ? kErrorWord : "");
  bool only_text = true;
  for (const ContentPart& part : result.result) {
    Drop(!part.cache_control.empty(), ConversationField::kCacheControl);
    only_text &= part.kind == Part::kText;
    if (text.size() > (result.is_error ? kErrorWord.size() : 0)) text += '\n';
    text += part.text;
  }
  if (only_text) {
    AppendJsonString(text, out_);
    out_ += '}';
    return;
  }
  out_ += '[';
  const char* separator = "";
  if (result.is_error) {
    out_ += R"({"type":"input_text","text":"Error:"})";
    separator = ",";
  }
  for (const ContentPart& part : result.result) {
    out_ += separator;
    separator = ",";
    WriteContent(part, R"({"type":"input_text","text":)");
  }
  out_ += "]}";
}

void InputWriter::WriteThought(const ContentPart& thought) {
  if (thought.signature.text.empty() ||
      !traits_.Wrote(thought.signature, ChatProtocol::kResponses)) {
    return Drop(true, ConversationField::kThoughts);
  }
  BeginItem();
  out_ += R"({"type":"reasoning","summary":[)";
  if (thought.kind == Part::kThinking) {
    Text(R"({"type":"summary_text","text":)", thought.text);
    out_ += '}';
  }
  Text(R"(],"encrypted_content":)", thought.signature.text);
  out_ += '}';
}

}  // namespace

void WriteInput(const Conversation& conversation, const BackendTraits& traits,
                DroppedFields& dropped, std::string& out) {
  InputWriter(conversation, traits, dropped, out).WriteItems();
}

}  // namespace headgate::backends::openai_responses
