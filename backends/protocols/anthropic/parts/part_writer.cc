#include "backends/protocols/anthropic/parts/part_writer.h"

#include <algorithm>
#include <array>

#include "absl/strings/escaping.h"
#include "backends/protocols/anthropic/parts/json_value.h"
#include "backends/protocols/json/append_json.h"
#include "backends/protocols/json/members.h"
#include "backends/protocols/json/white_space.h"
#include "config/base/text.h"

namespace headgate::backends::anthropic {
namespace {

using json::AppendJsonString;
using PartKind = ContentPart::Kind;

// https://docs.claude.com/en/docs/build-with-claude/vision, 2026-11.
constexpr std::array<std::string_view, 4> kImageTypes = {"image/jpeg", "image/png", "image/gif",
                                                         "image/webp"};

void AppendMember(std::string_view name, std::string_view text, std::string& out) {
  out.append(",\"").append(name).append("\":");
  AppendJsonString(text, out);
}

void CloseBlock(std::string_view cache_control, std::string& out) {
  if (!cache_control.empty()) out.append(",\"cache_control\":").append(cache_control);
  out += '}';
}

void AppendBase64Source(std::string_view media_type, std::string_view data, std::string& out) {
  out += R"({"type":"base64")";
  AppendMember("media_type", media_type, out);
  AppendMember("data", data, out);
  out += '}';
}

void AppendTextSource(std::string_view text, std::string& out) {
  out += R"({"type":"text","media_type":"text/plain")";
  AppendMember("data", text, out);
  out += '}';
}

void AppendUrlSource(std::string_view url, std::string& out) {
  out += R"({"type":"url")";
  AppendMember("url", url, out);
  out += '}';
}

// Returns a media type without parameters, under the name that Anthropic knows.
std::string_view PlainType(std::string_view media_type) {
  media_type = media_type.substr(0, media_type.find(';'));
  return media_type == "image/jpg" ? "image/jpeg" : media_type;
}

std::optional<BodyProblem> AppendImage(const ContentPart& part, std::string& out) {
  out += R"({"type":"image","source":)";
  if (part.data.empty()) {
    if (part.url.empty()) return BodyProblem{"An image has neither data nor a URL; send one.", ""};
    AppendUrlSource(part.url, out);
  } else {
    const std::string_view type = PlainType(part.media_type);
    if (std::find(kImageTypes.begin(), kImageTypes.end(), type) == kImageTypes.end()) {
      return BodyProblem{"An image of type " + part.media_type.substr(0, 64) +
                             " cannot be sent to this backend; send image/jpeg, image/png, "
                             "image/gif or image/webp.",
                         ""};
    }
    AppendBase64Source(type, part.data, out);
  }
  CloseBlock(part.cache_control, out);
  return std::nullopt;
}

std::optional<BodyProblem> AppendDocument(const ContentPart& part, std::string& out) {
  out += R"({"type":"document","source":)";
  const std::string_view type = PlainType(part.media_type);
  std::string text;
  if (type == "text/plain" && !part.data.empty()) {
    if (!absl::Base64Unescape(part.data, &text)) {
      return BodyProblem{"The data of a document are not base64.", ""};
    }
    AppendTextSource(text, out);
  } else if (!part.data.empty()) {
    if (type != "application/pdf") {
      return BodyProblem{"A document of type " + part.media_type.substr(0, 64) +
                             " cannot be sent to this backend; send application/pdf, or its text.",
                         ""};
    }
    AppendBase64Source("application/pdf", part.data, out);
  } else if (!part.url.empty()) {
    AppendUrlSource(part.url, out);
  } else {
    AppendTextSource(part.text, out);
  }
  if (!part.name.empty()) AppendMember("title", part.name, out);
  CloseBlock(part.cache_control, out);
  return std::nullopt;
}

std::optional<BodyProblem> AppendResult(const ContentPart& part, std::string& out) {
  out += R"({"type":"tool_result")";
  AppendMember("tool_use_id", MessagesCallId(part.id), out);
  const bool plain = part.result.size() == 1 && part.result.front().kind == PartKind::kText &&
                     part.result.front().cache_control.empty();
  if (plain) {
    AppendMember("content", part.result.front().text, out);
  } else if (!part.result.empty()) {
    out += ",\"content\":[";
    const std::size_t begin = out.size();
    for (const ContentPart& inner : part.result) {
      if (inner.kind == PartKind::kText && !HasWords(inner.text)) continue;
      if (out.size() > begin) out += ',';
      if (std::optional<BodyProblem> problem = AppendBlock(inner, out)) return problem;
    }
    out += ']';
  }
  if (part.is_error) out += ",\"is_error\":true";
  CloseBlock(part.cache_control, out);
  return std::nullopt;
}

void AppendCall(const ContentPart& part, std::string& out) {
  out += R"({"type":"tool_use")";
  AppendMember("id", MessagesCallId(part.id), out);
  AppendMember("name", part.name, out);
  out += ",\"input\":";
  AppendInput(part.arguments, out);
  CloseBlock(part.cache_control, out);
}

}  // namespace

bool HasWords(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return !json::IsSpace(c); });
}

std::string MessagesCallId(std::string_view id) {
  constexpr std::string_view kMark = "hgid_";
  const bool fits = !id.empty() && config::ConsistsOf(id, "_-");
  if (fits && !id.starts_with(kMark)) return std::string(id);
  std::string written(kMark);
  for (const char c : id) {
    if (config::ConsistsOf(std::string_view(&c, 1), "-")) {
      written += c;
    } else {
      written += '_';
      config::AppendHex(static_cast<unsigned char>(c), written);
    }
  }
  return written;
}

void AppendInput(std::string_view arguments, std::string& out) {
  if (!HasWords(arguments) || config::Trim(arguments) == "null") {
    out += "{}";
  } else if (json::IsWholeObject(arguments)) {
    out += arguments;
  } else {
    out += "{\"arguments\":";
    AppendJsonString(arguments, out);
    out += '}';
  }
}

void AppendInputSchema(std::string_view schema, std::string& out) {
  if (!json::IsWholeObject(schema)) {
    out += R"({"type":"object","properties":{}})";
    return;
  }
  if (HasMember(schema, "type")) {
    out += schema;
    return;
  }
  schema.remove_prefix(schema.find('{') + 1);
  out += R"({"type":"object")";
  if (!schema.ends_with('}') || HasWords(schema.substr(0, schema.rfind('}')))) out += ',';
  out += schema;
}

void AppendTextBlock(std::string_view text, std::string_view cache_control, std::string& out) {
  out += R"({"type":"text")";
  AppendMember("text", text, out);
  CloseBlock(cache_control, out);
}

std::optional<BodyProblem> AppendBlock(const ContentPart& part, std::string& out) {
  switch (part.kind) {
    case PartKind::kText:
    case PartKind::kRefusal:
      AppendTextBlock(part.text, part.cache_control, out);
      break;
    case PartKind::kImage:
      return AppendImage(part, out);
    case PartKind::kDocument:
      return AppendDocument(part, out);
    case PartKind::kToolCall:
      AppendCall(part, out);
      break;
    case PartKind::kToolResult:
      return AppendResult(part, out);
    case PartKind::kThinking:
      out += R"({"type":"thinking")";
      AppendMember("thinking", part.text, out);
      AppendMember("signature", part.signature.text, out);
      out += '}';
      break;
    case PartKind::kHiddenThinking:
      out += R"({"type":"redacted_thinking")";
      AppendMember("data", part.signature.text, out);
      out += '}';
      break;
  }
  return std::nullopt;
}

}  // namespace headgate::backends::anthropic
