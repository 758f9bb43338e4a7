#include "backends/protocols/anthropic/passing/event_stream.h"

#include <optional>

#include "backends/protocols/anthropic/passing/message_fields.h"
#include "backends/protocols/passing/event_keys.h"
#include "config/base/text.h"

namespace headgate::backends::anthropic {
namespace {

// Returns whether an event opens a text or a thought, which is still empty. The block of a tool has
// its name.
bool OpensText(std::string_view type, std::string_view json) {
  return type == "content_block_start" && json.find("tool") == std::string_view::npos;
}

}  // namespace

bool EventStream::TakeEvent(const SseEvent& event) {
  using Type = MessageFields::Type;
  const std::string_view json = config::Trim(event.data);
  if (json.empty()) return TakeEmpty();
  if (json == "[DONE]") return false;
  if (json.front() != '{' || json.back() != '}') return TakeOdd(event, json);
  const std::string_view type = TypeAtFront(json);
  if (started() && type == "content_block_delta") return TakeDelta(json);

  const std::optional<MessageFields> fields = ReadMessageFieldsCopied(json, usage_);
  if (!fields) return TakeOdd(event, json);
  if (fields->IsError() || event.name == "error") return TakeError(json);
  if (fields->type == Type::kPing && !started()) return TakeSign();
  if (fields->type == Type::kMessageStop) {
    Finish();
    return false;
  }
  const bool begins = fields->type == Type::kMessageStart || fields->type == Type::kPing;
  if (!begins && type != "content_block_delta" && !OpensText(type, json)) NoteContent();
  Start();
  finished_ |= fields->finished;
  return type != "content_block_delta" || TakeDelta(json);
}

// A signature or a citation is not generated content.
bool EventStream::TakeDelta(std::string_view json) {
  if (HasTextIn(json, {"text", "thinking", "partial_json"})) {
    CountToken();
    usage_.CountGenerated();
  }
  return true;
}

}  // namespace headgate::backends::anthropic
