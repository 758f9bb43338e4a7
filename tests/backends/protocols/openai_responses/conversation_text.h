#pragma once

#include <string>

#include "backends/protocols/values/conversation.h"

namespace headgate::backends::openai_responses {

inline std::string SignatureText(const Signature& signature) {
  if (signature.text.empty()) return "";
  constexpr const char* kNames[] = {"chat", "messages", "responses"};
  return std::string(" ~") + kNames[static_cast<int>(signature.protocol)] + ":" + signature.text;
}

// One part in one line.
inline std::string PartText(const ContentPart& part) {
  using Kind = ContentPart::Kind;
  switch (part.kind) {
    case Kind::kText:
      return "text(" + part.text + ")";
    case Kind::kImage:
      return "image(" + part.media_type + "|" + part.data + "|" + part.url + "|" +
             part.image_detail + ")";
    case Kind::kDocument:
      return "document(" + part.media_type + "|" + part.data + "|" + part.url + "|" + part.name +
             "|" + part.text + ")";
    case Kind::kToolCall:
      return "call(" + part.id + "|" + part.name + "|" + part.arguments + ")";
    case Kind::kToolResult: {
      std::string text = "result(" + part.id + (part.is_error ? "|error" : "");
      for (const ContentPart& one : part.result) text += "|" + PartText(one);
      return text + ")";
    }
    case Kind::kThinking:
      return "thinking(" + part.text + SignatureText(part.signature) + ")";
    case Kind::kHiddenThinking:
      return "hidden(" + SignatureText(part.signature) + ")";
    case Kind::kRefusal:
      return "refusal(" + part.text + ")";
  }
  return "";
}

// The system, and each turn, in a line of its own.
inline std::string TurnsText(const Conversation& conversation) {
  std::string text;
  if (!conversation.system.empty()) {
    text += "ahead:";
    for (const ContentPart& part : conversation.system) text += " " + PartText(part);
    text += "\n";
  }
  for (const Turn& turn : conversation.turns) {
    constexpr const char* kRoles[] = {"system:", "user:", "assistant:"};
    text += kRoles[static_cast<int>(turn.role)];
    for (const ContentPart& part : turn.parts) text += " " + PartText(part);
    text += "\n";
  }
  return text;
}

// Each tool in a line: name, description, schema, strict.
inline std::string ToolsText(const Conversation& conversation) {
  std::string text;
  for (const ToolDefinition& tool : conversation.tools) {
    text += tool.name + "|" + tool.description + "|" + tool.schema + "|";
    text += !tool.strict ? "" : *tool.strict ? "strict" : "loose";
    text += "\n";
  }
  return text;
}

}  // namespace headgate::backends::openai_responses
