#include "backends/protocols/openai_responses/passing/event_stream.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "backends/protocols/passing/event_keys.h"
#include "config/base/text.h"

namespace headgate::backends::openai_responses {
namespace {

// Returns whether an event neither ends a response nor says what it cost.
bool IsPiece(std::string_view type) {
  return type.starts_with("response.") && type != "response.completed" &&
         type != "response.incomplete" && type != "response.failed" && type != "response.cancelled";
}

// Returns whether an event says no more than that a response, an item or a part of one has begun. A
// call that begins has a name.
bool IsBeginning(std::string_view type, std::string_view json) {
  constexpr std::string_view kFirst[] = {"response.created", "response.in_progress",
                                         "response.queued"};
  if (type.ends_with(".added")) return json.find("_call") == std::string_view::npos;
  if (type.empty()) return false;
  return type.ends_with(".delta") || !type.starts_with("response.") ||
         std::find(std::begin(kFirst), std::end(kFirst), type) != std::end(kFirst);
}

}  // namespace

bool EventStream::TakeEvent(const SseEvent& event) {
  using Type = ResponseFields::Type;
  const std::string_view json = config::Trim(event.data);
  if (json.empty()) return TakeEmpty();
  if (json == "[DONE]") return false;
  if (json.front() != '{' || json.back() != '}') return TakeOdd(event, json);
  const std::string_view type = TypeAtFront(json);
  if (started() && IsPiece(type) && event.name != "error") {
    return Pass(type, json);
  }

  std::optional<ResponseFields> fields = ReadResponseFieldsCopied(json);
  if (!fields) return TakeOdd(event, json);
  if (fields->usage.tokens) usage_.tokens = fields->usage.tokens;
  if (!fields->usage.service_tier.empty()) {
    usage_.service_tier = std::move(fields->usage.service_tier);
  }
  if (fields->IsError() || event.name == "error") {
    return TakeError(fields->error.empty() ? json : fields->error);
  }
  if (!started()) NoteBegin(*fields);
  Start();
  if (fields->type == Type::kEnd) Finish();
  return Pass(type, json);
}

// Counts an event that goes to the client.
bool EventStream::Pass(std::string_view type, std::string_view json) {
  ++begun_.next_number;
  if (only_begun() && !IsBeginning(type, json)) NoteContent();
  CountPiece(type, json);
  return true;
}

void EventStream::NoteBegin(ResponseFields& fields) {
  begun_ = {.id = std::move(fields.id),
            .model = std::move(fields.model),
            .created = fields.created,
            .next_number = fields.sequence_number};
}

// The pieces of a text, a refusal, a thought, or of a call's arguments.
void EventStream::CountPiece(std::string_view type, std::string_view json) {
  if (type.ends_with(".delta") && HasTextIn(json, {"delta"})) CountToken();
}

}  // namespace headgate::backends::openai_responses
