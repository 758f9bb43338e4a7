#include "backends/openai/event_stream.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "backends/openai/usage.h"
#include "config/text.h"

namespace headgate::backends::openai {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr std::size_t kLongestComment = 1024;
constexpr std::size_t kMostComments = 4096;

// Whether the line of a comment is one that any client can read.
bool IsPlain(std::string_view line) {
  const auto is_control = [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return (code < 0x20 && c != '\t') || code == 0x7F;
  };
  return line.size() <= kLongestComment && std::none_of(line.begin(), line.end(), is_control) &&
         simdjson::validate_utf8(line.data(), line.size());
}

}  // namespace

EventStream::EventStream(bool forward_usage, std::size_t max_event)
    : forward_usage_(forward_usage), splitter_(max_event) {}

void EventStream::Feed(std::string_view bytes, std::string& out) {
  waiting_ = false;
  comments_.clear();
  if (done_ || malformed_) return;
  splitter_.Add(bytes);
  while (const std::optional<SseSplitter::Block> block = splitter_.Next()) {
    if (!block->continues) forwarded_last_ = TakeBlock(*block);
    if (forwarded_last_) out.append(block->text);
    if (done_ || malformed_) return;
  }
  malformed_ = splitter_.too_long() && !failed_first_;
}

bool EventStream::TakeBlock(const SseSplitter::Block& block) {
  SseSplitter::Block fields = block;
  if (!started_ && block.text.starts_with(kByteOrderMark)) {
    fields.text.remove_prefix(kByteOrderMark.size());
  }
  const SseEvent event = ReadSseEvent(fields, joined_);
  if (event.data_fields > 0) return TakeEvent(event);
  if (!started_) TakeComment(fields.text);
  return started_ && !failed_first_;
}

void EventStream::TakeComment(std::string_view block) {
  waiting_ = true;
  if (!block.starts_with(':')) return;
  std::string_view line = block.substr(0, block.find_first_of("\r\n"));
  if (!IsPlain(line)) line = ":";
  if (comments_.size() + line.size() + 2 > kMostComments) return;
  comments_.append(line).append("\n\n");
}

bool EventStream::TakeEvent(const SseEvent& event) {
  const std::string_view json = config::Trim(event.data);
  done_ = json == "[DONE]";
  if (done_ || failed_first_) return false;
  // By the standard empty data is no event; clients that parse it all the same would fail on it.
  if (json.empty()) {
    waiting_ |= !started_;
    return false;
  }
  malformed_ = json.front() != '{' || json.back() != '}';
  if (malformed_) return false;

  const ChunkGlance glance = GlanceAt(json);
  const bool first = !started_;
  TopLevel top;
  if (NeedsParsing(glance)) {
    std::optional<TopLevel> parsed = ReadTopLevelCopied(json);
    malformed_ = !parsed;
    if (malformed_) return false;
    top = *std::move(parsed);
  } else if (glance.choices) {
    top.choices.set(0);
  }
  started_ = true;
  Learn(top, glance.generated);
  if (top.error || event.name == "error") {
    (first ? failed_first_ : error_event_) = true;
    if (first) first_error_ = json;
    return !first;
  }
  seen_ |= top.choices;
  finished_ |= top.finished;
  token_events_ += glance.generated ? 1 : 0;
  return forward_usage_ || !top.has_usage || top.has_choices;
}

bool EventStream::NeedsParsing(const ChunkGlance& glance) const {
  return !started_ || glance.error || glance.usage || glance.finished || glance.later_index ||
         (glance.service_tier && answer_.service_tier.empty());
}

// Usage in a place of Moonshot's or Groq's own counts while there is no other.
void EventStream::Learn(const TopLevel& top, bool generated) {
  const auto whole = [](const std::optional<ReportedUsage>& usage) {
    return usage && usage->input > 0 && usage->output > 0;
  };
  const std::optional<ReportedUsage>* usage = nullptr;
  if (top.answer.usage) {
    usage = &top.answer.usage;
  } else if (whole(top.choice_usage) && !whole(answer_.usage)) {
    usage = &top.choice_usage;
  }
  if (usage != nullptr) MergeUsage(**usage, answer_.usage);
  if (usage != nullptr && (*usage)->output > 0) {
    behind_usage_ = 0;
  } else if (generated && answer_.usage && answer_.usage->output > 0) {
    ++behind_usage_;
  }
  if (!top.answer.service_tier.empty()) answer_.service_tier = top.answer.service_tier;
}

Answer EventStream::answer() const {
  Answer answer = answer_;
  if (answer.usage && behind_usage_ > 0) {
    answer.usage->output += behind_usage_;
    answer.usage->consistent = false;
  }
  return answer;
}

}  // namespace headgate::backends::openai
