#include "backends/protocols/openai/event_stream.h"

#include <optional>
#include <utility>

#include "config/base/text.h"

namespace headgate::backends::openai {
namespace {

// Returns whether a name belongs to events other than errors and pieces of the answer. Their
// content is not judged.
bool IsForeign(std::string_view name) { return !name.empty() && name != "message"; }

}  // namespace

bool EventStream::TakeEvent(const SseEvent& event) {
  const std::string_view json = config::Trim(event.data);
  if (json == "[DONE]") {
    Finish();
    return false;
  }
  if (json.empty()) return TakeEmpty();
  if (json.front() != '{' || json.back() != '}') return TakeOdd(event, json);

  const ChunkKeys keys = ScanChunk(json);
  AnswerFields top;
  if (NeedsParsing(keys)) {
    std::optional<AnswerFields> parsed = ReadAnswerFieldsCopied(json);
    if (!parsed) return TakeOdd(event, json);
    top = *std::move(parsed);
  } else {
    top.choices.set(0);
  }
  usage_.Learn(top, keys.generated);
  if (top.error || event.name == "error" || (top.error_words && !IsForeign(event.name))) {
    return TakeError(json);
  }
  Start();
  seen_ |= top.choices;
  finished_ |= top.finished;
  if (top.finished.any()) NoteContent();
  if (keys.generated) CountToken();
  return forward_usage_ || !top.has_usage || top.has_choices;
}

bool EventStream::NeedsParsing(const ChunkKeys& keys) const {
  return !started() || !keys.choices || keys.error || keys.usage || keys.finished ||
         keys.later_index || (keys.service_tier && !usage_.has_tier());
}

}  // namespace headgate::backends::openai
