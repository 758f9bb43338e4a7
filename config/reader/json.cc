#include "config/reader/json.h"

#include <utility>

#include "config/base/text.h"

namespace headgate::config {
namespace {

constexpr std::size_t kWidth = 100;

void AppendCompact(const Json& json, std::string& out);

void AppendMember(const Json::Member& member, std::string& out) {
  AppendQuoted(member.key, out);
  out += ": ";
  AppendCompact(member.value, out);
}

void AppendCompact(const Json& json, std::string& out) {
  if (const auto* flag = std::get_if<bool>(&json.value)) {
    out += *flag ? "true" : "false";
  } else if (const auto* number = std::get_if<std::int64_t>(&json.value)) {
    out += std::to_string(*number);
  } else if (const auto* text = std::get_if<std::string>(&json.value)) {
    AppendQuoted(*text, out);
  } else if (const auto* items = std::get_if<Json::Items>(&json.value)) {
    out += '[';
    for (const Json& item : *items) {
      if (&item != items->data()) out += ", ";
      AppendCompact(item, out);
    }
    out += ']';
  } else {
    const auto& members = std::get<Json::Members>(json.value);
    out += '{';
    for (const Json::Member& member : members) {
      if (&member != members.data()) out += ", ";
      AppendMember(member, out);
    }
    out += '}';
  }
}

// Appends `json`. `used` characters of its first line are taken already.
void AppendPretty(const Json& json, std::size_t indent, std::size_t used, std::string& out) {
  std::string compact;
  AppendCompact(json, compact);
  const auto* items = std::get_if<Json::Items>(&json.value);
  const auto* members = std::get_if<Json::Members>(&json.value);
  if (used + compact.size() < kWidth || (items == nullptr && members == nullptr)) {
    out += compact;
    return;
  }
  const std::string margin(indent + 2, ' ');
  out += items != nullptr ? "[\n" : "{\n";
  const std::size_t count = items != nullptr ? items->size() : members->size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = out.size();
    out += margin;
    if (members != nullptr) {
      AppendQuoted((*members)[i].key, out);
      out += ": ";
    }
    const Json& inner = items != nullptr ? (*items)[i] : (*members)[i].value;
    AppendPretty(inner, indent + 2, out.size() - begin, out);
    out += i + 1 < count ? ",\n" : "\n";
  }
  out.append(indent, ' ');
  out += items != nullptr ? ']' : '}';
}

}  // namespace

Json Json::Flag(bool flag) { return {flag}; }
Json Json::Number(std::int64_t number) { return {number}; }
Json Json::Text(std::string_view text) { return {std::string(text)}; }
Json Json::List(Items items) { return {std::move(items)}; }
Json Json::Object(Members members) { return {std::move(members)}; }

Json Json::Texts(const std::vector<std::string_view>& texts) {
  Items items;
  items.reserve(texts.size());
  for (const std::string_view text : texts) items.push_back(Text(text));
  return List(std::move(items));
}

Json& Json::Add(std::string_view key, Json json) {
  std::get<Members>(value).push_back({std::string(key), std::move(json)});
  return *this;
}

void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      AppendHex(byte, out);
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string Pretty(const Json& json) {
  std::string out;
  AppendPretty(json, 0, 0, out);
  return out;
}

}  // namespace headgate::config
