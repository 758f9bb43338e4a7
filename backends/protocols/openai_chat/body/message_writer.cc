#include "backends/protocols/openai_chat/body/message_writer.h"

#include <algorithm>
#include <iterator>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/openai_chat/body/wire_words.h"

namespace headgate::backends::openai_chat {
namespace {

using Kind = ContentPart::Kind;
using json::AppendJsonString;

// Chat completions have no mark for a failed call: the model is told in words.
constexpr std::string_view kErrorPrefix = "Error: ";
constexpr std::string_view kMovedNote = "The result is in the next message of the user.";

bool HasResult(const Turn& turn) {
  return std::any_of(turn.parts.begin(), turn.parts.end(),
                     [](const ContentPart& part) { return part.kind == Kind::kToolResult; });
}

// A document that is a text reaches every backend.
bool IsText(const ContentPart& part) {
  return part.kind == Kind::kText || (part.kind == Kind::kDocument && !part.text.empty());
}

std::string TextOf(const ContentPart& part) {
  if (part.kind != Kind::kDocument || part.name.empty()) return part.text;
  return part.name + "\n" + part.text;
}

// Empty texts beside other parts say nothing, and some servers refuse them.
bool IsEmptyText(const ContentPart* part) {
  return part->kind == Kind::kText && part->text.empty();
}

}  // namespace

bool MessageWriter::Write() {
  out_ += '[';
  if (!conversation_.system.empty()) WriteSystem(conversation_.system);
  const std::vector<Turn>& turns = conversation_.turns;
  for (std::size_t i = 0; i < turns.size();) {
    if (turns[i].role != TurnRole::kUser) {
      if (turns[i].role == TurnRole::kSystem) {
        WriteSystem(turns[i].parts);
      } else {
        WriteAssistant(turns[i]);
      }
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end < turns.size() && turns[end].role == TurnRole::kUser) ++end;
    WriteUsers(i, end);
    i = end;
  }
  out_ += ']';
  return good_;
}

void MessageWriter::Drop(ConversationField field) {
  dropped_.emplace(FieldName(conversation_.protocol, field));
}

void MessageWriter::DropCacheControl(const ContentPart& part) {
  if (!part.cache_control.empty()) Drop(ConversationField::kCacheControl);
}

void MessageWriter::BeginMessage(std::string_view role) {
  out_ += first_ ? "{\"role\":\"" : ",{\"role\":\"";
  out_.append(role).append("\"");
  first_ = false;
}

void MessageWriter::WriteSystem(const std::vector<ContentPart>& texts) {
  std::string joined;
  for (const ContentPart& part : texts) {
    DropCacheControl(part);
    if (part.text.empty()) continue;
    if (!joined.empty()) joined += "\n\n";
    joined += part.text;
  }
  if (joined.empty()) return;
  BeginMessage(traits_.is_openai ? "developer" : "system");
  out_ += ",\"content\":";
  AppendJsonString(joined, out_);
  out_ += '}';
}

// Writes user turns in a row: all results first, because they must follow their calls.
void MessageWriter::WriteUsers(std::size_t begin, std::size_t end) {
  Parts parts;
  std::deque<ContentPart> notes;  // `parts` points to them
  for (std::size_t i = begin; i < end; ++i) {
    for (const ContentPart& part : conversation_.turns[i].parts) {
      if (part.kind == Kind::kToolResult) WriteToolResult(part, notes, parts);
    }
  }
  for (std::size_t i = begin; i < end; ++i) {
    const Turn& turn = conversation_.turns[i];
    for (const ContentPart& part : turn.parts) {
      if (part.kind != Kind::kToolResult) parts.push_back(&part);
    }
    const bool may_join = HasResult(turn) && i + 1 < end && !parts.empty();
    if (!may_join) {
      WriteUser(parts);
      parts.clear();
    }
  }
}

void MessageWriter::WriteToolResult(const ContentPart& result, std::deque<ContentPart>& notes,
                                    Parts& moved) {
  DropCacheControl(result);
  std::string text;
  const std::size_t moved_before = moved.size();
  for (const ContentPart& part : result.result) {
    DropCacheControl(part);
    if (IsText(part)) {
      if (!text.empty()) text += '\n';
      text += TextOf(part);
      continue;
    }
    if (moved.size() == moved_before) {
      ContentPart& note = notes.emplace_back();
      note.text = "From the result of tool call " + result.id + ":";
      moved.push_back(&note);
    }
    moved.push_back(&part);
  }
  if (text.empty() && moved.size() > moved_before) text = kMovedNote;
  if (result.is_error) {
    text.insert(0, kErrorPrefix);
    Drop(ConversationField::kToolError);
  }
  BeginMessage("tool");
  out_ += ",\"tool_call_id\":";
  AppendJsonString(result.id, out_);
  out_ += ",\"content\":";
  AppendJsonString(text, out_);
  out_ += '}';
}

void MessageWriter::WriteUser(const Parts& all) {
  Parts parts;
  std::copy_if(all.begin(), all.end(), std::back_inserter(parts),
               [](const ContentPart* part) { return !IsEmptyText(part); });
  if (parts.empty() && all.empty()) return;
  BeginMessage("user");
  out_ += ",\"content\":";
  for (const ContentPart* part : all) DropCacheControl(*part);
  if (parts.empty()) {
    out_ += "\"\"";
  } else if (parts.size() == 1 && IsText(*parts.front())) {
    AppendJsonString(TextOf(*parts.front()), out_);
  } else {
    out_ += '[';
    for (const ContentPart* part : parts) {
      if (part != parts.front()) out_ += ',';
      WritePart(*part);
    }
    out_ += ']';
  }
  out_ += '}';
}

void MessageWriter::WritePart(const ContentPart& part) {
  if (part.kind == Kind::kImage) {
    WriteImage(part);
  } else if (part.kind == Kind::kDocument && part.text.empty()) {
    WriteDocument(part);
  } else {
    out_ += R"({"type":"text","text":)";
    AppendJsonString(TextOf(part), out_);
    out_ += '}';
  }
}

void MessageWriter::WriteImage(const ContentPart& image) {
  out_ += R"({"type":"image_url","image_url":{"url":)";
  if (image.url.empty()) {
    AppendJsonString("data:" + image.media_type + ";base64," + image.data, out_);
  } else {
    AppendJsonString(image.url, out_);
  }
  // vLLM and others know the three older words alone.
  if (image.image_detail == "original" && !traits_.is_openai) {
    Drop(ConversationField::kImageDetail);
  } else if (!image.image_detail.empty()) {
    out_ += ",\"detail\":";
    AppendJsonString(image.image_detail, out_);
  }
  out_ += "}}";
}

void MessageWriter::WriteDocument(const ContentPart& document) {
  if (document.data.empty()) {
    good_ = false;
    return;
  }
  out_ += R"({"type":"file","file":{"filename":)";
  AppendJsonString(document.name.empty() ? "document.pdf" : document.name, out_);
  out_ += ",\"file_data\":";
  AppendJsonString("data:" + document.media_type + ";base64," + document.data, out_);
  out_ += "}}";
}

void MessageWriter::WriteAssistant(const Turn& turn) {
  std::string text;
  std::string refusal;
  bool calls = false;
  for (const ContentPart& part : turn.parts) {
    DropCacheControl(part);
    calls |= part.kind == Kind::kToolCall;
    if (part.kind == Kind::kText) text += part.text;
    if (part.kind == Kind::kRefusal) (traits_.is_openai ? refusal : text) += part.text;
  }
  BeginMessage("assistant");
  out_ += ",\"content\":";
  if (text.empty() && (calls || !refusal.empty())) {
    out_ += "null";
  } else {
    AppendJsonString(text, out_);
  }
  if (!refusal.empty()) {
    out_ += ",\"refusal\":";
    AppendJsonString(refusal, out_);
  }
  WriteThoughts(turn);
  if (calls) WriteCalls(turn);
  out_ += '}';
}

// A backend reads its own thoughts again, with the signature that it gave them, if it gave one.
// Thoughts without a mark or a signature may be its own.
void MessageWriter::WriteThoughts(const Turn& turn) {
  std::string text;
  std::string blocks;
  for (const ContentPart& part : turn.parts) {
    if (part.kind != Kind::kThinking && part.kind != Kind::kHiddenThinking) continue;
    const bool is_signed = !part.signature.text.empty();
    const bool unmarked = !is_signed && part.signature.origin.empty();
    const bool own = unmarked || traits_.Wrote(part.signature, ChatProtocol::kChatCompletions);
    if (!traits_.takes_thoughts || !own) {
      Drop(ConversationField::kThoughts);
      continue;
    }
    text += part.text;
    if (!is_signed) continue;
    blocks += blocks.empty() ? "" : ",";
    AppendThinkingBlock(part.kind == Kind::kThinking ? std::string_view(part.text) : "",
                        part.signature.text, blocks);
  }
  if (!text.empty()) {
    out_ += ",\"reasoning_content\":";
    AppendJsonString(text, out_);
  }
  if (!blocks.empty()) out_.append(",\"thinking_blocks\":[").append(blocks).append("]");
}

void MessageWriter::WriteCalls(const Turn& turn) {
  out_ += ",\"tool_calls\":[";
  bool first = true;
  for (const ContentPart& part : turn.parts) {
    if (part.kind != Kind::kToolCall) continue;
    out_ += first ? "{\"id\":" : ",{\"id\":";
    first = false;
    AppendJsonString(part.id, out_);
    out_ += R"(,"type":"function","function":{"name":)";
    AppendJsonString(part.name, out_);
    out_ += ",\"arguments\":";
    AppendJsonString(part.arguments.empty() ? "{}" : part.arguments, out_);
    out_ += "}}";
  }
  out_ += ']';
}

}  // namespace headgate::backends::openai_chat
