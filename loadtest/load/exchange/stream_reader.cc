#include "loadtest/load/exchange/stream_reader.h"

#include <array>
#include <boost/json.hpp>

namespace headgate::loadtest::load {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 6> kContent = {
    "\"content\":\"", "\"text\":\"",      "\"reasoning_content\":\"",
    "\"refusal\":\"", "\"reasoning\":\"", "\"arguments\":\""};

std::string WithoutSpaces(std::string_view text) {
  std::string dense;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\' && i + 1 < text.size()) {
      dense.append(text.substr(i++, 2));
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (quoted || c != ' ') dense += c;
  }
  return dense;
}

// Whether an event carries content that the model generated.
bool HasContent(std::string_view data) {
  const std::string dense = WithoutSpaces(data);
  for (const std::string_view mark : kContent) {
    for (std::size_t at = dense.find(mark); at != std::string::npos;
         at = dense.find(mark, at + 1)) {
      if (dense.compare(at + mark.size(), 1, "\"") != 0) return true;
    }
  }
  return dense.find("\"tool_calls\":[{") != std::string::npos;
}

std::int64_t CountOf(const json::object& usage, std::string_view name) {
  const json::value* const count = usage.if_contains(name);
  return count != nullptr && count->is_int64() ? count->get_int64() : 0;
}

// The text of the first choice's delta, message or completion.
void TakeText(const json::object& answer, std::string& text) {
  const json::value* const choices = answer.if_contains("choices");
  if (choices == nullptr || !choices->is_array() || choices->get_array().empty()) return;
  const json::value& first = choices->get_array().front();
  if (!first.is_object()) return;
  const json::object* holder = &first.get_object();
  std::string_view name = "text";
  for (const std::string_view wrapped : {"delta", "message"}) {
    const json::value* const inner = holder->if_contains(wrapped);
    if (inner == nullptr || !inner->is_object()) continue;
    holder = &inner->get_object();
    name = "content";
    break;
  }
  const json::value* const content = holder->if_contains(name);
  if (content != nullptr && content->is_string()) text += content->get_string();
}

// Takes the usage, and the text if `keep_text`. Returns false if `data` is not a JSON object.
bool TakeObject(std::string_view data, bool keep_text, AnswerFacts& facts) {
  json::error_code error;
  const json::value value = json::parse(data, error);
  if (error || !value.is_object()) return false;
  const json::object& object = value.get_object();
  const json::value* const usage = object.if_contains("usage");
  if (usage != nullptr && usage->is_object()) {
    facts.input_tokens = CountOf(usage->get_object(), "prompt_tokens");
    facts.output_tokens = CountOf(usage->get_object(), "completion_tokens");
    const json::value* const details = usage->get_object().if_contains("prompt_tokens_details");
    if (details != nullptr && details->is_object()) {
      facts.cached_tokens = CountOf(details->get_object(), "cached_tokens");
    }
  }
  if (keep_text) TakeText(object, facts.text);
  facts.error = facts.error || object.contains("error");
  return true;
}

}  // namespace

std::uint64_t StreamReader::Feed(std::string_view bytes) {
  std::uint64_t contents = 0;
  for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    if (line_.empty()) {
      contents += TakeLine(bytes.substr(0, end)) ? 1u : 0u;
    } else {
      line_.append(bytes.substr(0, end));
      contents += TakeLine(line_) ? 1u : 0u;
      line_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
  line_.append(bytes);
  return contents;
}

bool StreamReader::TakeLine(std::string_view line) {
  constexpr std::string_view kField = "data:";
  constexpr std::string_view kTarget = ": x-headgate-target ";
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with(kTarget)) facts_.target = line.substr(kTarget.size());
  if (!line.starts_with(kField)) return false;
  line.remove_prefix(kField.size());
  if (line.starts_with(' ')) line.remove_prefix(1);
  return TakeData(line);
}

bool StreamReader::TakeData(std::string_view data) {
  if (data == "[DONE]") {
    facts_.done = true;
    return false;
  }
  if (data.empty()) return false;
  if (data.front() != '{' || data.back() != '}') {
    facts_.malformed = true;
    return false;
  }
  // Most events carry one token and need no parse. Only events with usage or an error are parsed.
  const bool more = data.find("\"usage\"") != std::string_view::npos ||
                    data.find("\"error\"") != std::string_view::npos;
  if ((keep_text_ || more) && !TakeObject(data, keep_text_, facts_)) facts_.malformed = true;
  const bool content = HasContent(data);
  facts_.chunks += content ? 1u : 0u;
  return content;
}

AnswerFacts ReadWholeAnswer(std::string_view body, bool keep_text) {
  AnswerFacts facts;
  facts.malformed = !TakeObject(body, keep_text, facts);
  return facts;
}

}  // namespace headgate::loadtest::load
