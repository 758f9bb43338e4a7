#include "backends/protocols/openai/event_stream.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/clean_text.h"
#include "config/base/text.h"

namespace headgate::backends::openai {
namespace {

constexpr std::size_t kLongestComment = 1024;
constexpr std::size_t kMostComments = 4096;

// Returns whether every client can read the line of a comment.
bool IsPlain(std::string_view line) {
  const auto is_control = [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return (code < 0x20 && c != '\t') || code == 0x7F;
  };
  return line.size() <= kLongestComment && std::none_of(line.begin(), line.end(), is_control) &&
         simdjson::validate_utf8(line.data(), line.size());
}

// Returns whether the line of a comment looks like the gateway's own, which say what an answer cost
// and where it came from.
bool LooksLikeOurs(std::string_view line) {
  constexpr std::string_view kOurs = "x-headgate";
  line.remove_prefix(1);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line.size() >= kOurs.size() &&
         std::equal(kOurs.begin(), kOurs.end(), line.begin(),
                    [](char ours, char c) { return ours == config::Lowered(c); });
}

// Appends a block. Comments that look like the gateway's own are reduced to the colon.
void AppendWithoutOurs(std::string_view block, std::string& out) {
  while (!block.empty()) {
    const std::size_t size = std::min(block.find_first_of("\r\n"), block.size());
    const std::string_view line = block.substr(0, size);
    out.append(line.starts_with(':') && LooksLikeOurs(line) ? ":" : line);
    block.remove_prefix(size);
    const std::size_t end = std::min(block.find_first_not_of("\r\n"), block.size());
    out.append(block.substr(0, end));
    block.remove_prefix(end);
  }
}

// Returns whether a name belongs to events other than errors and pieces of the answer. Their
// content is not judged.
bool IsForeign(std::string_view name) { return !name.empty() && name != "message"; }

}  // namespace

EventStream::EventStream(bool forward_usage, std::size_t max_event)
    : forward_usage_(forward_usage), splitter_(max_event) {}

void EventStream::Feed(std::string_view bytes, std::string& out) {
  waiting_ = false;
  comments_.clear();
  if (ended()) return;
  splitter_.Add(bytes);
  while (std::optional<SseSplitter::Block> block = splitter_.Next()) {
    if (!started_ && block->text.starts_with(json::kByteOrderMark)) {
      block->text.remove_prefix(json::kByteOrderMark.size());
    }
    if (block->continues) {
      if (forwarded_last_) out.append(block->text);
    } else {
      forwarded_last_ = TakeBlock(*block, out);
    }
    if (ended()) return;
  }
  malformed_ = splitter_.too_long();
}

bool EventStream::TakeBlock(const SseSplitter::Block& block, std::string& out) {
  const SseEvent event = ReadSseEvent(block, joined_);
  if (event.data_fields == 0 && !started_) TakeComment(block.text);
  const bool forward = event.data_fields > 0 ? TakeEvent(event) : started_;
  if (!forward) return false;
  if (event.has_comment) {
    AppendWithoutOurs(block.text, out);
  } else {
    out.append(block.text);
  }
  return true;
}

void EventStream::TakeComment(std::string_view block) {
  waiting_ = true;
  if (!block.starts_with(':')) return;
  std::string_view line = block.substr(0, block.find_first_of("\r\n"));
  if (!IsPlain(line) || LooksLikeOurs(line)) line = ":";
  if (comments_.size() + line.size() + 2 > kMostComments) return;
  comments_.append(line).append("\n\n");
}

bool EventStream::TakeEvent(const SseEvent& event) {
  const std::string_view json = config::Trim(event.data);
  done_ = json == "[DONE]";
  if (done_) return false;
  // By the standard, empty data is not an event; clients that parse it anyway would fail.
  if (json.empty()) {
    waiting_ |= !started_;
    return false;
  }
  if (json.front() != '{' || json.back() != '}') return TakeOddEvent(event, json);

  const ChunkKeys keys = ScanChunk(json);
  AnswerFields top;
  if (NeedsParsing(keys)) {
    std::optional<AnswerFields> parsed = ReadAnswerFieldsCopied(json);
    if (!parsed) return TakeOddEvent(event, json);
    top = *std::move(parsed);
  } else {
    top.choices.set(0);
  }
  usage_.Learn(top, keys.generated);
  if (top.error || event.name == "error" || (top.error_words && !IsForeign(event.name))) {
    return TakeError(json);
  }
  started_ = true;
  seen_ |= top.choices;
  finished_ |= top.finished;
  token_events_ += keys.generated ? 1 : 0;
  return forward_usage_ || !top.has_usage || top.has_choices;
}

// Data that are not a JSON object are an error if the event is named so, or if they are Gemini's
// list of errors.
bool EventStream::TakeOddEvent(const SseEvent& event, std::string_view data) {
  if (event.name == "error" || IsErrorList(data)) return TakeError(data);
  malformed_ = true;
  return false;
}

bool EventStream::TakeError(std::string_view data) {
  (started_ ? error_event_ : failed_first_) = true;
  started_ = true;
  error_ = data;
  return false;
}

bool EventStream::NeedsParsing(const ChunkKeys& keys) const {
  return !started_ || !keys.choices || keys.error || keys.usage || keys.finished ||
         keys.later_index || (keys.service_tier && !usage_.has_tier());
}

}  // namespace headgate::backends::openai
