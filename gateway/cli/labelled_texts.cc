#include "gateway/cli/labelled_texts.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fstream>
#include <iostream>
#include <string_view>
#include <utility>

#include "config/base/text.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using routing::Example;

std::string TextOf(const json::object& row, std::string_view key) {
  const json::value* const found = row.if_contains(json::string_view(key.data(), key.size()));
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

// Returns whether a text is a name as configurations have it, where routes ask for topics.
bool IsName(std::string_view name) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  constexpr std::size_t kLongest = 64;
  return !name.empty() && name.size() <= kLongest && alphanumeric(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

// Returns the problem of a line, and what to write instead; empty if the line has no problem.
std::string ReadLine(std::string_view line, Example& out) {
  json::error_code error;
  const json::value row = json::parse(json::string_view(line.data(), line.size()), error);
  if (error || !row.is_object()) {
    return R"(is not a JSON object; write {"topic": "legal", "text": "…"} on one line)";
  }
  const json::object& object = row.as_object();
  out = {TextOf(object, "text"), TextOf(object, "topic"), TextOf(object, "source"),
         TextOf(object, "lang")};
  if (!IsName(out.topic)) {
    return R"(has no valid "topic"; write a name of at most 64 letters, digits, -, _ and ., )"
           "beginning with a letter or digit";
  }
  if (out.text.empty()) return R"(has no "text"; write the prompt, as a string)";
  return {};
}

}  // namespace

absl::StatusOr<std::vector<Example>> ReadLabelledTexts(const std::string& path) {
  std::ifstream file;
  if (path != "-") file.open(path);
  std::istream& in = path == "-" ? std::cin : file;
  if (!in) return absl::InvalidArgumentError(path + ": cannot be opened");
  std::vector<Example> examples;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (config::Trim(line).empty()) continue;
    const std::string problem = ReadLine(line, examples.emplace_back());
    if (!problem.empty()) {
      return absl::InvalidArgumentError(config::Concat(path, ":", number, ": ", problem));
    }
  }
  if (examples.empty()) {
    return absl::InvalidArgumentError(
        path + R"(: has no texts; write lines of {"topic": "legal", "text": "…"})");
  }
  return examples;
}

}  // namespace headgate::gateway
