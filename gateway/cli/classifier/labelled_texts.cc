#include "gateway/cli/classifier/labelled_texts.h"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "backends/protocols/json/clean_text.h"
#include "config/base/suggest.h"
#include "config/base/text.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using config::Concat;
using routing::Example;

constexpr std::string_view kExample = R"({"topic": "legal", "text": "…"})";

// A member of a line, and what people call it instead.
struct Member {
  std::string_view name;
  std::array<std::string_view, 6> also;
};
constexpr std::array<Member, 4> kMembers = {
    {{"topic", {"label", "class", "category", "intent", "target", "tag"}},
     {"text", {"prompt", "content", "input", "message", "question", "utterance"}},
     {"source", {"origin", "src", "dataset", "channel", "", ""}},
     {"lang", {"language", "locale", "lng", "", "", ""}}}};

json::string_view View(std::string_view text) { return {text.data(), text.size()}; }

std::string TextOf(const json::object& row, std::string_view key) {
  const json::value* const found = row.if_contains(View(key));
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

// Returns whether a text is a name as configurations have it, where routes ask for topics.
bool IsName(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  return !name.empty() && name.size() <= kLongest && config::IsAlphanumeric(name[0]) &&
         config::ConsistsOf(name, "._-");
}

bool IsMember(std::string_view key) {
  return std::any_of(kMembers.begin(), kMembers.end(),
                     [&](const Member& member) { return member.name == key; });
}

// Returns the key of the row that was probably meant to be `member`; empty if there is none.
std::string Misspelt(const json::object& row, const Member& member) {
  for (const auto& [key, value] : row) {
    const std::string_view name(key.data(), key.size());
    if (IsMember(name) || !value.is_string()) continue;
    const std::string lowered = config::Lower(name);
    if (lowered == member.name ||
        std::find(member.also.begin(), member.also.end(), lowered) != member.also.end()) {
      return std::string(name);
    }
    // Nearest also takes a name within a name, such as `context` for `text`.
    const std::size_t longer = std::max(name.size(), member.name.size());
    const bool alike = longer - std::min(name.size(), member.name.size()) <= 1;
    if (alike && config::Nearest(name, {std::string(member.name)})) return std::string(name);
  }
  return {};
}

// Returns the first byte that is not UTF-8; npos if there is none.
std::size_t FirstBadByte(std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t length = backends::json::Utf8Length(line, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

// Returns the problem of a line that is not an object, and what to write instead.
std::string NotAnObject(std::string_view line) {
  const std::string_view trimmed = config::Trim(line);
  if (trimmed.starts_with('[')) {
    return Concat("is a JSON array; write one object a line, without brackets and commas: ",
                  kExample);
  }
  if (trimmed.starts_with('{') && trimmed.ends_with(',')) {
    return "has a comma behind the object; remove it: each line is an object of its own";
  }
  return Concat("is not a JSON object; write ", kExample, " on one line");
}

std::string ReadObject(const json::object& object, Example& out) {
  out = {TextOf(object, "text"), TextOf(object, "topic"), TextOf(object, "source"),
         TextOf(object, "lang")};
  if (object.contains("messages")) {
    return Concat("is a chat; write what the user asked last, with its topic: ", kExample);
  }
  for (const Member& member : {kMembers[0], kMembers[1]}) {
    if (object.contains(View(member.name))) continue;
    const std::string misspelt = Misspelt(object, member);
    if (misspelt.empty()) continue;
    return Concat("has no \"", member.name, "\"; write \"", member.name, "\" instead of \"",
                  misspelt, "\"");
  }
  if (!IsName(out.topic)) {
    return R"(has no valid "topic"; write a name of at most 64 letters, digits, -, _ and ., )"
           "beginning with a letter or digit";
  }
  if (out.text.empty()) return R"(has no "text"; write the prompt, as a string)";
  return {};
}

class TextsReader {
 public:
  explicit TextsReader(const std::string& path) : path_(path) {}

  // Returns the problem of the line, and what to write instead; empty if it has none.
  std::string ReadLine(std::string_view line, int number) {
    const std::size_t bad = FirstBadByte(line);
    if (bad != std::string_view::npos) {
      std::string byte;
      config::AppendHex(static_cast<unsigned char>(line[bad]), byte);
      return Concat("is not UTF-8: byte ", bad + 1, " of the line is 0x", byte,
                    "; save the file as UTF-8");
    }
    json::error_code error;
    const json::value row = json::parse(View(line), error);
    if (error || !row.is_object()) return NotAnObject(line);
    Example example;
    std::string problem = ReadObject(row.as_object(), example);
    if (!problem.empty()) return problem;
    const auto [seen, fresh] = labels_.try_emplace(example.text, example.topic, number);
    const auto& [topic, first] = seen->second;
    if (!fresh && topic != example.topic) {
      return Concat("has the topic ", example.topic, ", and line ", first,
                    " has the same text with the topic ", topic, "; keep one of them");
    }
    for (const Member& member : {kMembers[2], kMembers[3]})
      WarnOfMisspelt(row.as_object(), member, number);
    texts_.examples.push_back(std::move(example));
    texts_.lines.push_back(number);
    return {};
  }

  LabelledTexts Take() {
    WarnOfRareLabels();
    return std::move(texts_);
  }

 private:
  // Once for each key.
  void WarnOfMisspelt(const json::object& row, const Member& member, int number) {
    if (row.contains(View(member.name))) return;
    const std::string misspelt = Misspelt(row, member);
    if (misspelt.empty() || !warned_.emplace(misspelt, number).second) return;
    texts_.warnings.push_back(Concat(path_, ":", number, ": \"", misspelt,
                                     "\" is ignored; did you mean \"", member.name, "\"?"));
  }

  // A label of one or two texts that looks like a frequent label is probably that label.
  void WarnOfRareLabels() {
    constexpr std::size_t kRare = 2;
    constexpr std::size_t kOften = 10;
    std::map<std::string, std::pair<std::size_t, int>> counts;  // texts, and the first line
    for (std::size_t i = 0; i < texts_.examples.size(); ++i) {
      auto& [count, line] = counts[texts_.examples[i].topic];
      if (++count == 1) line = texts_.lines[i];
    }
    std::vector<std::string> frequent;
    for (const auto& [topic, count] : counts) {
      if (count.first >= kOften) frequent.push_back(topic);
    }
    for (const auto& [topic, count] : counts) {
      if (count.first > kRare) continue;
      const std::optional<std::string> nearest = config::Nearest(topic, frequent);
      if (!nearest) continue;
      texts_.warnings.push_back(Concat(path_, ":", count.second, ": topic `", topic, "` has ",
                                       count.first, count.first == 1 ? " text" : " texts",
                                       "; did you mean `", *nearest, "`?"));
    }
  }

  const std::string path_;
  LabelledTexts texts_;
  std::map<std::string, std::pair<std::string, int>> labels_;  // by text: topic and line
  std::map<std::string, int> warned_;                          // keys
};

absl::Status NoTexts(const std::string& path) {
  return absl::InvalidArgumentError(Concat(path, ": has no texts; write lines of ", kExample));
}

}  // namespace

absl::StatusOr<LabelledTexts> ReadLabelledTexts(std::istream& in, const std::string& path) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  TextsReader reader(path);
  std::string line;
  int number = 0;
  bool any = false;
  while (std::getline(in, line)) {
    std::string_view text = line;
    if (++number == 1) {
      if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
        return absl::InvalidArgumentError(path + ": is UTF-16; save the file as UTF-8");
      }
      if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    }
    if (config::Trim(text).empty()) continue;
    any = true;
    const std::string problem = reader.ReadLine(text, number);
    if (!problem.empty()) {
      return absl::InvalidArgumentError(Concat(path, ":", number, ": ", problem));
    }
  }
  if (!any) return NoTexts(path);
  return reader.Take();
}

absl::StatusOr<LabelledTexts> ReadLabelledTexts(const std::string& path) {
  if (path == "-") return ReadLabelledTexts(std::cin, path);
  errno = 0;
  std::ifstream file(path);
  // A folder can be opened, but not read.
  if (!file || (file.peek(), file.bad())) {
    return absl::FailedPreconditionError(Concat(
        path, ": cannot be read: ", std::generic_category().message(errno == 0 ? EIO : errno)));
  }
  file.clear();
  return ReadLabelledTexts(file, path);
}

}  // namespace headgate::gateway
