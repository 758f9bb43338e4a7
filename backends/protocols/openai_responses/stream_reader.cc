#include "backends/protocols/openai_responses/stream_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/values/stream_end.h"
#include "config/base/text.h"

namespace headgate::backends::openai_responses {
namespace {

using EventKind = AnswerEvent::Kind;

}  // namespace

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
  malformed_ = !ended_ && (!started_ || ++left_out_ > kMostLeftOut);
  if (ended_) reading_.Emit(EventKind::kError, config::Trim(event.data));
}

void StreamReader::Dispatch(std::string_view type) {
  if (type.ends_with(R"(.delta")") && HasDelta()) CountToken();
  if (const PieceEvent* const piece = PieceEventOf(type)) return TakePiece(*piece);
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

StreamItem* StreamReader::Find(const ItemName& name, ItemKind kind) {
  Item* best = nullptr;
  Item::Fit fit = Item::Fit::kNone;
  for (auto item = items_.rbegin(); item != items_.rend(); ++item) {
    const Item::Fit one = item->FitOf(name, kind);
    if (one <= fit) continue;
    best = &*item;
    fit = one;
    if (fit == Item::Fit::kCertain) break;
  }
  return best;
}

StreamItem& StreamReader::NewItem(const ItemName& name, ItemKind kind, std::string_view opening) {
  Begin({});
  const bool ends_open = open_ != nullptr && open_->opening.empty();
  if (ends_open) Close(*open_);
  Item& item = items_.emplace_back();
  item.Learn(name);
  item.kind = kind;
  if (IsCallKind(kind)) item.opening = opening;
  Advance();
  return item;
}

void StreamReader::TakePiece(const PieceEvent& event) {
  const ItemName name = NameIn(event_, nullptr);
  Item* item = Find(name, event.item);
  // Without an id, more text at the index of an item that is over is a new item's.
  const bool used_again = item != nullptr && item->done && name.id.empty() && !event.whole;
  if (item == nullptr || used_again) {
    // A call that did not begin has no name: it is said when it is done. A text needs no name.
    if (event.item == ItemKind::kFunction || event.whole) return;
    item = &NewItem(name, event.item, {});
  }
  item->Learn(name);
  if (item->done) return;
  const std::string_view part = PartIn(event_, event, part_);
  if (event.whole && item->HasPart(part)) return;
  const bool other_part = !item->parts.empty() && !item->HasPart(part);
  if (event.whole || other_part) item->pair.Clear();
  const std::string_view token = item->pair.Join(event_.Find(event.text));
  if (!json::ReadText(token, text_) || text_.empty()) return;
  SayPiece(*item, part, event.kind, text_);
}

void StreamReader::SayPiece(Item& item, std::string_view part, EventKind kind,
                            std::string_view text) {
  BeginPart(item, part);
  item.text_kind = kind;
  item.said = true;
  item.text.Add(text);
  Say(item, kind, text);
}

// Some servers do not say the index with each piece.
void StreamReader::BeginPart(Item& item, std::string_view part) {
  std::vector<std::string>& parts = item.parts;
  if (parts.empty()) {
    parts.emplace_back(part);
    return;
  }
  if (part.empty() || parts.back() == part) return;
  if (parts.back().empty()) {
    parts.back() = part;
    return;
  }
  if (item.kind == ItemKind::kThought) {
    Say(item, EventKind::kThinking, "\n\n");
  } else {
    Say(item, EventKind::kPartEnd, {});
  }
  std::erase(parts, part);
  parts.emplace_back(part);
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
  const std::string_view half = item.pair.Rest();
  if (item.said && item.kind == ItemKind::kMessage && !half.empty()) {
    reading_.Emit(item.text_kind, half);
  }
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
  const ItemKind kind = ItemKindOf(members.Find("type"));
  if (kind == ItemKind::kOther) return;
  const ItemName name = NameIn(event_, &members);
  const bool known = std::any_of(items_.rbegin(), items_.rend(),
                                 [&](const Item& item) { return item.IsBegunBy(name, kind); });
  if (!known) NewItem(name, kind, value);
}

void StreamReader::TakeItemEnd() {
  const std::string_view value = event_.Find("item");
  json::Members members;
  if (!members.Read(value)) return;
  const ItemKind kind = ItemKindOf(members.Find("type"));
  if (kind == ItemKind::kOther) return;
  const ItemName name = NameIn(event_, &members);
  Item* item = Find(name, kind);
  if (item == nullptr) item = &NewItem(name, kind, value);
  item->Learn(name);
  if (!item->done) Complete(*item, members);
}

void StreamReader::Complete(Item& item, const json::Members& members) {
  SayTheRest(item, members);
  item.done = true;
  if (item.state == Item::State::kOpen) Close(item);
  Advance();
}

void StreamReader::SayTheRest(Item& item, const json::Members& members) {
  if (item.kind == ItemKind::kThought) return SayThought(item, members);
  // What comes behind the end of a call would belong to the next one.
  const bool too_late = IsCallKind(item.kind) && item.state == Item::State::kOver;
  if (!too_late) SayRestOf(item, TextsOf(item.kind, members));
}

void StreamReader::SayThought(Item& item, const json::Members& members) {
  const ItemTexts both = TextsOfThought(members);
  const bool fits = item.text.SizeIfBegun(both).has_value();
  SayRestOf(item, fits ? both : TextsOfContent(members));
  const std::string signature = TextOf(members, "encrypted_content");
  if (signature.empty() || item.done) return;
  item.said = true;
  Say(item, EventKind::kSignature, signature);
}

void StreamReader::SayRestOf(Item& item, const ItemTexts& texts) {
  std::size_t said = item.text.size();
  if (item.text.SizeIfBegun(texts).value_or(0) <= said) return;
  item.pair.Clear();  // the whole text has what became of the half
  for (const ItemText& one : texts) {
    const std::size_t skipped = std::min(said, one.text.size());
    said -= skipped;
    if (skipped == one.text.size()) continue;
    const bool goes_on = skipped > 0 || IsCallKind(item.kind);
    SayPiece(item, goes_on ? std::string_view() : std::string_view(one.part), one.kind,
             std::string_view(one.text).substr(skipped));
  }
}

void StreamReader::TakeOutput(std::string_view output) {
  std::vector<std::string_view> values;
  json::ReadElements(output, values);
  if (items_.empty()) {
    for (const std::string_view value : values) reading_.EmitItem(value);
    return;
  }
  const std::vector<Item*> partners = PairOutput(values, items_);
  for (std::size_t i = 0; i < values.size(); ++i) {
    json::Members members;
    if (!members.Read(values[i])) continue;
    const ItemKind kind = ItemKindOf(members.Find("type"));
    if (kind == ItemKind::kOther) continue;
    if (partners[i] != nullptr && partners[i]->done) {
      SayTheRest(*partners[i], members);
    } else if (partners[i] != nullptr) {
      Complete(*partners[i], members);
    } else {
      Complete(NewItem(NameIn({}, &members), kind, values[i]), members);
    }
  }
}

void StreamReader::TakeEnd(bool incomplete) {
  json::Members response;
  response.Read(event_.Find("response"));
  Begin(response);
  TakeOutput(response.Find("output"));
  for (Item& item : items_) item.done = true;
  if (open_ != nullptr) Close(*open_);
  Advance();
  ended_ = reading_.EmitEnd(response, incomplete);
  malformed_ = !ended_;
}

void StreamReader::TakeFailure() {
  json::Members response;
  ended_ = true;
  if (!response.Read(event_.Find("response")))
    return reading_.Emit(EventKind::kError, copy_.view());
  reading_.EmitFailure(response);
}

}  // namespace headgate::backends::openai_responses
