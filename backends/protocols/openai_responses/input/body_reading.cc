#include "backends/protocols/openai_responses/input/body_reading.h"

#include <algorithm>
#include <charconv>

#include "config/base/text.h"

namespace headgate::backends::openai_responses {
namespace {

// More than any model has; a count that is larger may be a double that was written out.
constexpr std::int64_t kMostCount = 1'000'000'000'000;

std::string_view WhatItIs(std::string_view value) {
  if (value.empty() || value == "null") return "null";
  switch (value.front()) {
    case '{':
      return "an object";
    case '[':
      return "an array";
    case '"':
      return "a string";
    case 't':
    case 'f':
      return "a boolean";
    default:
      return "a number";
  }
}

}  // namespace

std::string MemberPath(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : config::Concat(path, ".", name);
}

std::string ElementPath(std::string_view path, std::size_t index) {
  return config::Concat(path, "[", index, "]");
}

bool BodyReading::Wrong(std::string_view path, std::string_view type, std::string_view value) {
  return Refuse(path, config::Concat("must be ", type, ", not ", WhatItIs(value)));
}

bool BodyReading::Refuse(std::string_view path, std::string_view message) {
  problem_ =
      BodyProblem{.message = config::Concat(path.empty() ? "The body" : path, " ", message, "."),
                  .param = std::string(path)};
  return false;
}

bool BodyReading::NeedsResponses(std::string_view path, std::string_view what) {
  return Refuse(path, config::Concat(what, what.empty() ? "" : " ",
                                     "needs a backend that speaks the Responses API; this request "
                                     "would be translated"));
}

bool BodyReading::Object(std::string_view value, std::string_view path, json::Members& members) {
  if (!json::IsObject(value)) return Wrong(path, "an object", value);
  if (!members.Read(value)) return Refuse(path, "is not valid JSON");
  const std::string_view twice = members.Repeated();
  if (twice.empty()) return true;
  return Refuse(MemberPath(path, twice), "is there twice; send it once");
}

bool BodyReading::Text(const json::Members& from, std::string_view name, std::string_view path,
                       std::string& text) {
  const std::string_view value = from.Find(name);
  if (value.empty()) return true;
  if (!json::IsText(value)) return Wrong(MemberPath(path, name), "a string", value);
  if (json::ReadText(value, text)) return true;
  return Refuse(MemberPath(path, name), "has an escape that JSON does not know");
}

bool BodyReading::NeededText(const json::Members& from, std::string_view name,
                             std::string_view path, std::string& text) {
  if (!Text(from, name, path, text)) return false;
  return !text.empty() || Refuse(MemberPath(path, name), "is missing; send a string");
}

bool BodyReading::Bool(const json::Members& from, std::string_view name, std::string_view path,
                       std::optional<bool>& flag) {
  const std::string_view value = from.Find(name);
  if (value.empty()) return true;
  if (value != "true" && value != "false") {
    return Wrong(MemberPath(path, name), "true or false", value);
  }
  flag = value == "true";
  return true;
}

bool BodyReading::Number(const json::Members& from, std::string_view name, std::string_view path,
                         std::string& number) {
  const std::string_view value = from.Find(name);
  if (value.empty()) return true;
  if (!json::IsNumber(value)) return Wrong(MemberPath(path, name), "a number", value);
  number = value;
  return true;
}

bool BodyReading::Integer(const json::Members& from, std::string_view name, std::string_view path,
                          std::int64_t least, std::optional<std::int64_t>& number) {
  const std::string_view value = from.Find(name);
  if (value.empty()) return true;
  std::int64_t read = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, fault] = std::from_chars(value.data(), end, read);
  if (fault == std::errc() && stop == end && read >= least && read <= kMostCount) {
    number = read;
    return true;
  }
  const std::string type = config::Concat("a whole number from ", least, " to ", kMostCount);
  if (!json::IsNumber(value)) return Wrong(MemberPath(path, name), type, value);
  return Refuse(MemberPath(path, name), config::Concat("must be ", type));
}

bool BodyReading::KeptObject(const json::Members& from, std::string_view name,
                             std::string_view path, std::string& text) {
  const std::string_view value = from.Find(name);
  if (value.empty()) return true;
  if (!json::IsObject(value)) return Wrong(MemberPath(path, name), "an object", value);
  text = value;
  return true;
}

void BodyReading::DropOthers(const json::Members& members,
                             std::initializer_list<std::string_view> known,
                             std::string_view prefix) {
  for (const json::Members::Member& member : members) {
    if (member.value == "null") continue;
    if (std::find(known.begin(), known.end(), member.name) != known.end()) continue;
    Drop(config::Concat(prefix, NameForHeader(member.name)));
  }
}

}  // namespace headgate::backends::openai_responses
