#include "backends/protocols/resume/seam_reader.h"

#include <charconv>
#include <optional>

#include "backends/protocols/passing/event_keys.h"
#include "config/base/text.h"

namespace headgate::backends {
namespace {

constexpr std::string_view kOtherParts = "it has parts that are not text";
constexpr std::string_view kTextIsWhole = "its text is whole";

std::optional<std::int64_t> NumberIn(std::string_view value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  return number;
}

// Returns whether a chunk has content that the neutral events do not say. A quote in its text has a
// backslash before it, so what is found is a key.
bool HasOtherParts(std::string_view json) {
  for (const std::string_view key : {R"("audio":)", R"("images":)", R"("annotations":)"}) {
    const std::size_t at = json.find(key);
    if (at == std::string_view::npos) continue;
    const std::string_view value = config::Trim(json.substr(at + key.size()));
    if (!value.starts_with("null") && !value.starts_with("[]")) return true;
  }
  return false;
}

}  // namespace

void SeamReader::Take(std::string_view json) {
  switch (client_) {
    case ChatProtocol::kChatCompletions:
      return TakeChunk(json);
    case ChatProtocol::kMessages:
      return TakeMessageEvent(json);
    case ChatProtocol::kResponses:
      return TakeResponseEvent(json);
  }
}

// All chunks of a stream have one `created`.
void SeamReader::TakeChunk(std::string_view json) {
  if (HasOtherParts(json)) why_not_ = kOtherParts;
  if (seam_.created != 0 || !event_.Read(copy_.Take(json))) return;
  seam_.created = NumberIn(event_.Find("created")).value_or(0);
}

void SeamReader::TakeMessageEvent(std::string_view json) {
  const std::string_view type = TypeAtFront(json);
  if (seam_.part_open && type == "content_block_delta") return;
  if (!event_.Read(copy_.Take(json))) return;
  const std::string_view name = event_.Find("type");
  const std::int64_t index = NumberIn(event_.Find("index")).value_or(seam_.index);
  if (name == R"("content_block_start")") {
    json::Members block;
    block.Read(event_.Find("content_block"));
    if (block.Find("type") != R"("text")") why_not_ = kOtherParts;
  } else if (name == R"("content_block_stop")") {
    seam_.part_open = false;
    seam_.index = index + 1;
    return;
  } else if (name != R"("content_block_delta")") {
    return;
  }
  seam_.part_open = true;
  seam_.index = index;
}

void SeamReader::TakeResponseEvent(std::string_view json) {
  if (!event_.Read(copy_.Take(json))) return;
  if (const auto number = NumberIn(event_.Find("sequence_number"))) seam_.sequence = *number + 1;
  const std::string_view type = event_.Find("type");
  if (type == R"("response.output_item.added")") {
    BeginItem();
  } else if (type == R"("response.content_part.added")" ||
             type == R"("response.output_text.delta")") {
    BeginContent();
  } else if (type == R"("response.output_text.done")" ||
             type == R"("response.content_part.done")" ||
             type == R"("response.output_item.done")") {
    why_not_ = kTextIsWhole;
  } else if (type == R"("response.output_text.annotation.added")") {
    why_not_ = kOtherParts;
  } else if (const std::string_view response = event_.Find("response"); !response.empty()) {
    TakeCreated(response);
  }
}

void SeamReader::BeginItem() {
  json::Members item;
  item.Read(event_.Find("item"));
  if (seam_.part_open || item.Find("type") != R"("message")" ||
      NumberIn(event_.Find("output_index")).value_or(0) != 0) {
    why_not_ = kOtherParts;
    return;
  }
  seam_.part_open = true;
  json::ReadText(item.Find("id"), seam_.item_id);
}

void SeamReader::BeginContent() {
  if (NumberIn(event_.Find("output_index")).value_or(0) != 0 ||
      NumberIn(event_.Find("content_index")).value_or(0) != 0) {
    why_not_ = kOtherParts;
    return;
  }
  if (seam_.item_id.empty()) json::ReadText(event_.Find("item_id"), seam_.item_id);
  seam_.part_open = seam_.content_open = true;
}

void SeamReader::TakeCreated(std::string_view object) {
  json::Members response;
  if (seam_.created != 0 || !response.Read(object)) return;
  seam_.created = NumberIn(response.Find("created_at")).value_or(0);
}

}  // namespace headgate::backends
