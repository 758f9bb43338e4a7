#include "backends/protocols/openai_responses/stream_reader.h"

#include <algorithm>
#include <optional>

#include "backends/protocols/json/clean_text.h"
#include "config/base/text.h"

namespace headgate::backends::openai_responses {
namespace {

using EventKind = AnswerEvent::Kind;

}  // namespace

struct StreamReader::PieceEvent {
  std::string_view type;  // as written
  EventKind kind;
  ItemKind item;
  std::string_view index;  // the member with the index of the part; empty: there is one part
  std::string_view text;   // the member with the text
  bool whole;              // not a delta
};

// By how often they come.
const StreamReader::PieceEvent StreamReader::kPieceEvents[] = {
    {R"("response.output_text.delta")", EventKind::kText, ItemKind::kMessage, "content_index",
     "delta", false},
    {R"("response.function_call_arguments.delta")",
     EventKind::kToolArguments,
     ItemKind::kFunction,
     {},
     "delta",
     false},
    {R"("response.reasoning_summary_text.delta")", EventKind::kThinking, ItemKind::kThought,
     "summary_index", "delta", false},
    {R"("response.reasoning_text.delta")", EventKind::kThinking, ItemKind::kThought,
     "content_index", "delta", false},
    {R"("response.refusal.delta")", EventKind::kRefusal, ItemKind::kMessage, "content_index",
     "delta", false},
    {R"("response.output_text.done")", EventKind::kText, ItemKind::kMessage, "content_index",
     "text", true},
    {R"("response.function_call_arguments.done")",
     EventKind::kToolArguments,
     ItemKind::kFunction,
     {},
     "arguments",
     true},
    {R"("response.reasoning_summary_text.done")", EventKind::kThinking, ItemKind::kThought,
     "summary_index", "text", true},
    {R"("response.reasoning_text.done")", EventKind::kThinking, ItemKind::kThought, "content_index",
     "text", true},
    {R"("response.refusal.done")", EventKind::kRefusal, ItemKind::kMessage, "content_index",
     "refusal", true},
};

void StreamReader::Feed(std::string_view bytes, AnswerSink& sink) {
  if (ended()) return;
  reading_.Use(sink);
  splitter_.Add(bytes);
  while (std::optional<SseSplitter::Block> block = splitter_.Next()) {
    if (!started_ && block->text.starts_with(json::kByteOrderMark)) {
      block->text.remove_prefix(json::kByteOrderMark.size());
    }
    if (!block->continues) TakeEvent(ReadSseEvent(*block, joined_));
    if (ended()) return;
  }
  malformed_ = splitter_.too_long();
}

void StreamReader::TakeEvent(const SseEvent& event) {
  if (event.has_comment) reading_.Emit(EventKind::kPing);
  const std::string_view data = config::Trim(event.data);
  if (data.empty() || data == "[DONE]") return;
  if (!event_.Read(copy_.Take(data))) return TakeOdd(event);
  if (const std::string_view type = event_.Find("type"); json::IsText(type)) {
    return Dispatch(type);
  }
  if (!event_.Find("error").empty() || event.name == "error") {
    ended_ = true;
    reading_.Emit(EventKind::kError, data);
  } else if (!event.name.empty()) {
    Dispatch(config::Concat("\"", event.name, "\""));
  }
}

void StreamReader::TakeOdd(const SseEvent& event) {
  ended_ = event.name == "error";
  malformed_ = !ended_;
  if (ended_) reading_.Emit(EventKind::kError, config::Trim(event.data));
}

void StreamReader::Dispatch(std::string_view type) {
  if (type.ends_with(R"(.delta")") && HasDelta()) CountToken();
  for (const PieceEvent& piece : kPieceEvents) {
    if (piece.type == type) return TakePiece(piece);
  }
  if (type == R"("response.output_item.added")") return TakeItemBegin();
  if (type == R"("response.output_item.done")") return TakeItemEnd();
  if (type == R"("response.completed")" || type == R"("response.done")") return TakeEnd(false);
  if (type == R"("response.incomplete")") return TakeEnd(true);
  if (type == R"("response.failed")" || type == R"("response.cancelled")") return TakeFailure();
  if (type == R"("error")") {
    ended_ = true;
    reading_.Emit(EventKind::kError, copy_.view());
  } else if (type == R"("response.created")" || type == R"("response.in_progress")" ||
             type == R"("response.queued")") {
    json::Members response;
    response.Read(event_.Find("response"));
    Begin(response);
  } else if (type == R"("keepalive")" || type == R"("ping")") {
    reading_.Emit(EventKind::kPing);
  }
}

// Returns whether the current event brings a piece of a text, a thought or a call's arguments.
bool StreamReader::HasDelta() const {
  constexpr std::size_t kQuotes = 2;
  const std::string_view delta = event_.Find("delta");
  return json::IsText(delta) && delta.size() > kQuotes;
}

void StreamReader::Begin(const json::Members& response) {
  if (!started_) reading_.EmitStart(response);
  started_ = true;
}

StreamReader::ItemKind StreamReader::KindOf(std::string_view type) {
  if (type == R"("message")") return ItemKind::kMessage;
  if (type == R"("reasoning")") return ItemKind::kThought;
  if (type == R"("function_call")") return ItemKind::kFunction;
  if (type == R"("custom_tool_call")") return ItemKind::kCustom;
  return ItemKind::kOther;
}

// Returns the name of the current event's item, as written: its index in the output, which is
// always there at OpenAI, else its id. `item`: the item itself, if the event has it.
std::string_view StreamReader::Key(const json::Members* item) const {
  if (const std::string_view index = event_.Find("output_index"); !index.empty()) return index;
  return item == nullptr ? event_.Find("item_id") : item->Find("id");
}

// Returns null if there is no such item.
StreamReader::Item* StreamReader::Find(std::string_view key) {
  const auto found = std::find_if(items_.rbegin(), items_.rend(),
                                  [&](const Item& item) { return item.key == key; });
  return found == items_.rend() ? nullptr : &*found;
}

StreamReader::Item& StreamReader::NewItem(std::string_view key, ItemKind kind,
                                          std::string_view opening) {
  Begin({});
  const bool call = kind == ItemKind::kFunction || kind == ItemKind::kCustom;
  const bool ends_open = open_ != nullptr && open_->opening.empty();
  if (ends_open) Close(*open_);
  Item& item = items_.emplace_back();
  item.key = key;
  item.kind = kind;
  if (call) item.opening = opening;
  Advance();
  return item;
}

void StreamReader::TakePiece(const PieceEvent& event) {
  const std::string_view key = Key(nullptr);
  Item* item = Find(key);
  if (item == nullptr) {
    // A call that did not begin has no name: it is said when it is done. A text needs no name.
    if (event.item == ItemKind::kFunction || event.whole) return;
    item = &NewItem(key, event.item, {});
  }
  if (item->kind != event.item || item->done) return;
  const std::string_view index = event.index.empty() ? "" : event_.Find(event.index);
  const bool same = item->piece_said && item->piece == index;
  if (event.whole && same) return;
  if (!json::ReadText(event_.Find(event.text), text_) || text_.empty()) return;
  SayPiece(*item, index, event.kind, text_);
}

void StreamReader::SayPiece(Item& item, std::string_view index, EventKind kind,
                            std::string_view text) {
  if (item.said && item.piece != index) {
    if (item.kind == ItemKind::kThought) {
      Say(item, EventKind::kThinking, "\n\n");
    } else {
      Say(item, EventKind::kPartEnd, {});
    }
  }
  if (item.piece != index) item.piece = index;
  item.piece_said = item.said = true;
  Say(item, kind, text);
}

void StreamReader::Say(Item& item, EventKind kind, std::string_view text) {
  if (kind == EventKind::kRefusal) reading_.NoteRefusal();
  if (item.state == Item::State::kOpen) return reading_.Emit(kind, text);
  item.waiting.emplace_back(kind, text);
  if (item.state == Item::State::kWaiting) return;
  // A message that was ended by a later item goes on.
  item.state = Item::State::kWaiting;
  first_waiting_ = 0;
  Advance();
}

void StreamReader::Close(Item& item) {
  const bool call = !item.opening.empty();
  if (item.said || call) reading_.Emit(EventKind::kPartEnd);
  item.state = Item::State::kOver;
  item.opening.clear();
  open_ = nullptr;
}

// Opens the items that wait, one after another, until one of them is still growing.
void StreamReader::Advance() {
  while (open_ == nullptr && first_waiting_ < items_.size()) {
    Item& item = items_[first_waiting_++];
    if (item.state != Item::State::kWaiting) continue;
    item.state = Item::State::kOpen;
    open_ = &item;
    if (!item.opening.empty()) {
      json::PaddedCopy copy;
      json::Members members;
      members.Read(copy.Take(item.opening));
      reading_.EmitCall(members);
    }
    for (const auto& [kind, text] : item.waiting) reading_.Emit(kind, text);
    item.waiting.clear();
    if (item.done) Close(item);
  }
}

void StreamReader::TakeItemBegin() {
  const std::string_view value = event_.Find("item");
  json::Members members;
  if (!members.Read(value)) return;
  const ItemKind kind = KindOf(members.Find("type"));
  const std::string_view key = Key(&members);
  const bool known = !key.empty() && Find(key) != nullptr;
  if (kind != ItemKind::kOther && !known) NewItem(key, kind, value);
}

void StreamReader::TakeItemEnd() {
  const std::string_view value = event_.Find("item");
  json::Members members;
  if (!members.Read(value)) return;
  const ItemKind kind = KindOf(members.Find("type"));
  const std::string_view key = Key(&members);
  Item* item = Find(key);
  if (item == nullptr && kind != ItemKind::kOther) item = &NewItem(key, kind, value);
  if (item == nullptr || item->kind != kind || item->done) return;
  SayTheRest(*item, members);
  item->done = true;
  if (item->state == Item::State::kOpen) Close(*item);
  Advance();
}

void StreamReader::SayTheRest(Item& item, const json::Members& members) {
  if (item.kind == ItemKind::kThought) {
    if (!item.said) SayParts(item, members.Find("summary"), item.kind);
    if (!item.said) SayParts(item, members.Find("content"), item.kind);
    const std::string signature = TextOf(members, "encrypted_content");
    if (signature.empty()) return;
    item.said = true;
    Say(item, EventKind::kSignature, signature);
  } else if (item.kind == ItemKind::kMessage) {
    if (!item.said) SayParts(item, members.Find("content"), item.kind);
  } else if (!item.said) {
    const std::string arguments = ArgumentsOf(members);
    if (!arguments.empty()) SayPiece(item, {}, EventKind::kToolArguments, arguments);
  }
}

void StreamReader::SayParts(Item& item, std::string_view parts, ItemKind kind) {
  std::vector<std::string_view> elements;
  json::ReadElements(parts, elements);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    json::Members part;
    if (!part.Read(elements[i])) continue;
    const bool refusal = part.Find("type") == R"("refusal")";
    const std::string text = TextOf(part, refusal ? "refusal" : "text");
    if (text.empty()) continue;
    const EventKind text_kind =
        kind == ItemKind::kThought ? EventKind::kThinking : EventKind::kText;
    SayPiece(item, std::to_string(i), refusal ? EventKind::kRefusal : text_kind, text);
  }
}

void StreamReader::TakeEnd(bool incomplete) {
  json::Members response;
  response.Read(event_.Find("response"));
  Begin(response);
  if (items_.empty()) {
    std::vector<std::string_view> items;
    json::ReadElements(response.Find("output"), items);
    for (const std::string_view item : items) reading_.EmitItem(item);
  }
  for (Item& item : items_) item.done = true;
  if (open_ != nullptr) Close(*open_);
  Advance();
  ended_ = true;
  reading_.EmitEnd(response, incomplete);
}

void StreamReader::TakeFailure() {
  json::Members response;
  ended_ = true;
  if (!response.Read(event_.Find("response")))
    return reading_.Emit(EventKind::kError, copy_.view());
  reading_.EmitFailure(response);
}

}  // namespace headgate::backends::openai_responses
