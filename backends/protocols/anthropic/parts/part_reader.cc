#include "backends/protocols/anthropic/parts/part_reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "backends/protocols/json/object_reader.h"
#include "backends/protocols/translation/signature_mark.h"

namespace headgate::backends::anthropic {
namespace {

using PartKind = ContentPart::Kind;

constexpr std::size_t kLongestTypeShown = 64;

constexpr unsigned PlaceBit(PartPlace place) { return 1u << static_cast<unsigned>(place); }
constexpr unsigned kInUser = PlaceBit(PartPlace::kUser);
constexpr unsigned kInAssistant = PlaceBit(PartPlace::kAssistant);
constexpr unsigned kInResult = PlaceBit(PartPlace::kToolResult);
constexpr unsigned kAnywhere = kInUser | kInAssistant | kInResult | PlaceBit(PartPlace::kSystem);

struct BlockType {
  std::string_view name;
  PartKind kind;
  unsigned places;
};

// Blocks that are not here belong to server tools, or to betas.
constexpr std::array kBlockTypes = {
    BlockType{"text", PartKind::kText, kAnywhere},
    BlockType{"image", PartKind::kImage, kInUser | kInResult},
    BlockType{"document", PartKind::kDocument, kInUser | kInAssistant | kInResult},
    BlockType{"search_result", PartKind::kDocument, kInUser | kInResult},
    BlockType{"tool_use", PartKind::kToolCall, kInAssistant},
    BlockType{"tool_result", PartKind::kToolResult, kInUser},
    BlockType{"thinking", PartKind::kThinking, kInAssistant},
    BlockType{"redacted_thinking", PartKind::kHiddenThinking, kInAssistant},
};

std::string_view NameOf(PartPlace place) {
  constexpr std::array<std::string_view, 4> kNames = {"the system", "a user", "an assistant",
                                                      "a tool's result"};
  return kNames[static_cast<std::size_t>(place)];
}

}  // namespace

bool PartReader::Content(Value value, PartPlace place, std::vector<ContentPart>& parts) {
  if (json::TokenOf(value).starts_with('"')) {
    return walk_.Text(value, parts.emplace_back().text);
  }
  return walk_.Elements(value, "a string or an array of content blocks",
                        [&](Value block) { return Block(block, place, parts); });
}

bool PartReader::Block(Value value, PartPlace place, std::vector<ContentPart>& parts) {
  std::string type;
  if (!walk_.MemberText(value, "type", type)) return false;
  if (type.empty()) return walk_.Missing("type", "text");
  const auto* const row = std::find_if(kBlockTypes.begin(), kBlockTypes.end(),
                                       [&](const BlockType& known) { return known.name == type; });
  if (row == kBlockTypes.end()) {
    return walk_.NeedsMessages("of type " + type.substr(0, kLongestTypeShown));
  }
  if ((row->places & PlaceBit(place)) == 0) {
    return walk_.Refuse(
        {" must not be of type ", type, ": content of ", NameOf(place), " has no such block."});
  }
  // Not in the list yet: content inside the block may be content too.
  ContentPart part;
  part.kind = row->kind;
  const auto member = [&](std::string_view key, Value inner) {
    return key == "type" || Member(type, key, inner, part);
  };
  if (!walk_.Members(value, "an object", member) || !IsWhole(type, part)) return false;
  parts.push_back(std::move(part));
  return true;
}

bool PartReader::Member(std::string_view type, std::string_view key, Value value,
                        ContentPart& part) {
  switch (part.kind) {
    case PartKind::kImage:
    case PartKind::kDocument:
      return FileMember(type, key, value, part);
    case PartKind::kToolCall:
      return CallMember(key, value, part);
    case PartKind::kToolResult:
      return ResultMember(key, value, part);
    case PartKind::kThinking:
    case PartKind::kHiddenThinking:
      return ThoughtMember(key, value, part);
    default:
      return key == "text" ? walk_.Text(value, part.text) : OtherMember(key, value, part);
  }
}

// A search result becomes a document of its texts.
bool PartReader::FileMember(std::string_view type, std::string_view key, Value value,
                            ContentPart& part) {
  const bool found = type == "search_result";
  if (key == "source" && !found) return Source(value, part);
  if (key == "title" && part.kind == PartKind::kDocument) return walk_.Text(value, part.name);
  if (key == "content" && found) return JoinedTexts(value, part);
  return OtherMember(key, value, part);
}

bool PartReader::CallMember(std::string_view key, Value value, ContentPart& part) {
  if (key == "id") return walk_.Text(value, part.id);
  if (key == "name") return walk_.Text(value, part.name);
  if (key == "input") return walk_.RawObject(value, part.arguments);
  return OtherMember(key, value, part);
}

bool PartReader::ResultMember(std::string_view key, Value value, ContentPart& part) {
  if (key == "tool_use_id") return walk_.Text(value, part.id);
  if (key == "is_error") return walk_.Flag(value, part.is_error);
  if (key == "content") return Content(value, PartPlace::kToolResult, part.result);
  return OtherMember(key, value, part);
}

bool PartReader::ThoughtMember(std::string_view key, Value value, ContentPart& part) {
  const bool hidden = part.kind == PartKind::kHiddenThinking;
  if (key == "thinking" && !hidden) return walk_.Text(value, part.text);
  if (key != (hidden ? "data" : "signature")) return OtherMember(key, value, part);
  std::string text;
  if (!walk_.Text(value, text)) return false;
  part.signature = ReadSignature(ChatProtocol::kMessages, text);
  return true;
}

bool PartReader::OtherMember(std::string_view key, Value value, ContentPart& part) {
  if (key == "cache_control") return walk_.RawObject(value, part.cache_control);
  return walk_.Drop("content.", key);
}

bool PartReader::Source(Value value, ContentPart& part) {
  std::string type;
  if (!walk_.MemberText(value, "type", type)) return false;
  const bool document = part.kind == PartKind::kDocument;
  const bool known =
      type == "base64" || type == "url" || (document && (type == "text" || type == "content"));
  if (type == "file") return walk_.NeedsMessages("of type file");
  if (!known) {
    return walk_.Refuse(
        {".type must be ", document ? "base64, url, text or content" : "base64 or url", "."});
  }
  const auto member = [&](std::string_view key, Value inner) {
    return key == "type" || SourceMember(type, key, inner, part);
  };
  if (!walk_.Members(value, "an object", member)) return false;
  if (type == "base64" && part.data.empty()) return walk_.Missing("data", "the bytes in base64");
  if (type == "base64" && part.media_type.empty()) {
    return walk_.Missing("media_type", document ? "application/pdf" : "image/png");
  }
  if (type == "url" && part.url.empty()) return walk_.Missing("url", "https://example.com/a.png");
  return true;
}

bool PartReader::SourceMember(std::string_view type, std::string_view key, Value value,
                              ContentPart& part) {
  if (key == "data" && type == "base64") return walk_.Text(value, part.data);
  if (key == "data" && type == "text") return walk_.Text(value, part.text);
  if (key == "media_type" && type == "base64") return walk_.Text(value, part.media_type);
  if (key == "media_type") return true;  // of a text: text/plain
  if (key == "url" && type == "url") return walk_.Text(value, part.url);
  if (key == "content" && type == "content") return JoinedTexts(value, part);
  return walk_.Drop("source.", key);
}

bool PartReader::JoinedTexts(Value value, ContentPart& part) {
  std::vector<ContentPart> texts;
  if (!Content(value, PartPlace::kSystem, texts)) return false;
  for (const ContentPart& text : texts) {
    if (!part.text.empty()) part.text += '\n';
    part.text += text.text;
  }
  return true;
}

bool PartReader::IsWhole(std::string_view type, ContentPart& part) {
  if (part.kind == PartKind::kImage && part.data.empty() && part.url.empty()) {
    return walk_.Missing("source", R"({"type":"url","url":"https://example.com/a.png"})");
  }
  if (type == "document" && part.data.empty() && part.url.empty() && part.text.empty()) {
    return walk_.Missing("source", R"({"type":"text","media_type":"text/plain","data":"Hello"})");
  }
  if (part.kind == PartKind::kToolCall) {
    if (part.id.empty()) return walk_.Missing("id", "toolu_01");
    if (part.name.empty()) return walk_.Missing("name", "get_weather");
    if (part.arguments.empty()) part.arguments = "{}";
  }
  if (part.kind == PartKind::kToolResult && part.id.empty()) {
    return walk_.Missing("tool_use_id", "toolu_01");
  }
  return true;
}

}  // namespace headgate::backends::anthropic
