#include "backends/openai/event_stream.h"

#include <utility>

#include "backends/openai/chunk_glance.h"
#include "backends/openai/top_level.h"

namespace headgate::backends::openai {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
}

}  // namespace

EventStream::EventStream(bool forward_usage, std::size_t max_event)
    : forward_usage_(forward_usage), splitter_(max_event) {}

void EventStream::Feed(std::string_view bytes, std::string& out) {
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
  thread_local std::string joined;
  SseSplitter::Block fields = block;
  if (!started_ && block.text.starts_with(kByteOrderMark)) {
    fields.text.remove_prefix(kByteOrderMark.size());
  }
  const SseEvent event = ReadSseEvent(fields, joined);
  // Comments and fields without data. Empty data is no event either, and clients that parse it all
  // the same would fail on it.
  if (!event.has_data) return started_ && !failed_first_ && event.data.data() == nullptr;
  return TakeData(event);
}

bool EventStream::TakeData(const SseEvent& event) {
  const std::string_view json = Trimmed(event.data);
  done_ = json == "[DONE]";
  if (done_ || failed_first_) return false;
  if (json.front() != '{' || json.back() != '}') {
    malformed_ = true;
    return false;
  }
  const ChunkGlance glance = GlanceAt(json);
  bool usage_chunk = false;
  bool error = event.name == "error";
  const bool first = !std::exchange(started_, true);
  if (first || error || glance.error || glance.usage ||
      (glance.service_tier && answer_.service_tier.empty())) {
    std::optional<TopLevel> top = ReadTopLevelCopied(json);
    if (!top) {
      started_ = !first;
      malformed_ = true;
      return false;
    }
    error |= top->error;
    usage_chunk = top->answer.usage && top->empty_choices && !top->error;
    if (top->answer.usage) answer_.usage = top->answer.usage;
    if (!top->answer.service_tier.empty()) {
      answer_.service_tier = std::move(top->answer.service_tier);
    }
  }
  if (error) {
    (first ? failed_first_ : error_event_) = true;
    if (error_message_.empty()) error_message_ = ReadErrorBody(0, json).message;
    return !first;
  }
  finished_ |= glance.finished;
  token_events_ += glance.generated ? 1 : 0;
  return forward_usage_ || !usage_chunk;
}

}  // namespace headgate::backends::openai
