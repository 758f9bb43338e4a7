#include "backends/protocols/openai_responses/stream/stream_item.h"

#include <algorithm>

#include "backends/protocols/openai_responses/answer_reader.h"
#include "config/base/text.h"

namespace headgate::backends::openai_responses {
namespace {

using EventKind = AnswerEvent::Kind;

// What two names say of being the same, each of which may be unsaid.
enum class Likeness : std::uint8_t { kUnknown, kSame, kDiffers };

Likeness Compare(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return Likeness::kUnknown;
  return a == b ? Likeness::kSame : Likeness::kDiffers;
}

std::string_view TextWithContent(std::string_view value) {
  constexpr std::size_t kQuotes = 2;
  return json::IsText(value) && value.size() > kQuotes ? value : std::string_view();
}

constexpr std::uint64_t kFnvPrime = 0x100000001b3u;

std::uint64_t Hash(std::uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kFnvPrime;
  return hash;
}

// What two items are taken for one by.
enum class PairBy : std::uint8_t { kName, kText, kKind };

bool IsPair(PairBy by, const StreamItem& item, const ItemName& name, const ItemTexts& texts) {
  const Likeness by_call = Compare(item.call, name.call);
  if (item.paired || by_call == Likeness::kDiffers) return false;
  if (by == PairBy::kName) {
    return by_call == Likeness::kSame || Compare(item.id, name.id) == Likeness::kSame;
  }
  if (by == PairBy::kKind) return true;
  return item.text.size() > 0 && item.text.SizeIfBegun(texts) == item.text.size();
}

// Finds the item of one whole item, from `next` on and around, because most come in order.
StreamItem* PartnerOf(PairBy by, const json::Members& whole, std::deque<StreamItem>& items,
                      std::size_t& next) {
  const ItemKind kind = ItemKindOf(whole.Find("type"));
  const ItemName name = NameIn({}, &whole);
  const ItemTexts texts = by == PairBy::kText ? TextsOf(kind, whole) : ItemTexts();
  for (std::size_t i = 0; i < items.size(); ++i) {
    StreamItem& item = items[(next + i) % items.size()];
    if (item.kind != kind || !IsPair(by, item, name, texts)) continue;
    next = (next + i + 1) % items.size();
    item.paired = true;
    return &item;
  }
  return nullptr;
}

}  // namespace

ItemKind ItemKindOf(std::string_view type) {
  if (type == R"("message")") return ItemKind::kMessage;
  if (type == R"("reasoning")") return ItemKind::kThought;
  if (type == R"("function_call")") return ItemKind::kFunction;
  if (type == R"("custom_tool_call")") return ItemKind::kCustom;
  return ItemKind::kOther;
}

ItemName NameIn(const json::Members& event, const json::Members* item) {
  ItemName name;
  name.index = event.Find("output_index");
  if (!json::IsNumber(name.index)) name.index = {};
  name.id = TextWithContent(item == nullptr ? event.Find("item_id") : item->Find("id"));
  if (item != nullptr) name.call = TextWithContent(item->Find("call_id"));
  return name;
}

namespace {

// Appends what is in a list of parts. `prefix`: of their names.
void AppendTexts(EventKind kind, std::string_view prefix, std::string_view parts,
                 ItemTexts& texts) {
  std::vector<std::string_view> elements;
  json::ReadElements(parts, elements);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    json::Members part;
    if (!part.Read(elements[i])) continue;
    const bool refusal = part.Find("type") == R"("refusal")";
    std::string text = TextOf(part, refusal ? "refusal" : "text");
    if (text.empty()) continue;
    texts.push_back({.part = config::Concat(prefix, std::to_string(i)),
                     .kind = refusal ? EventKind::kRefusal : kind,
                     .text = std::move(text)});
  }
}

std::string PrefixOf(PartList list) { return std::string(1, static_cast<char>(list)); }

}  // namespace

ItemTexts TextsOfContent(const json::Members& item) {
  ItemTexts texts;
  AppendTexts(EventKind::kThinking, PrefixOf(PartList::kContent), item.Find("content"), texts);
  return texts;
}

ItemTexts TextsOfThought(const json::Members& item) {
  ItemTexts texts;
  AppendTexts(EventKind::kThinking, PrefixOf(PartList::kSummary), item.Find("summary"), texts);
  AppendTexts(EventKind::kThinking, PrefixOf(PartList::kContent), item.Find("content"), texts);
  return texts;
}

ItemTexts TextsOf(ItemKind kind, const json::Members& item) {
  if (kind == ItemKind::kThought) return TextsOfThought(item);
  ItemTexts texts;
  if (!IsCallKind(kind)) {
    AppendTexts(EventKind::kText, {}, item.Find("content"), texts);
    return texts;
  }
  std::string arguments = ArgumentsOf(item);
  if (!arguments.empty()) {
    texts.push_back({.part = {}, .kind = EventKind::kToolArguments, .text = std::move(arguments)});
  }
  return texts;
}

void SaidText::Add(std::string_view text) {
  hash_ = Hash(hash_, text);
  size_ += text.size();
}

std::optional<std::size_t> SaidText::SizeIfBegun(const ItemTexts& texts) const {
  SaidText begin;
  std::size_t total = 0;
  for (const ItemText& one : texts) total += one.text.size();
  if (total < size_) return std::nullopt;
  for (const ItemText& one : texts) {
    begin.Add(std::string_view(one.text).substr(0, size_ - begin.size()));
  }
  if (begin.size_ != size_ || begin.hash_ != hash_) return std::nullopt;
  return total;
}

StreamItem::Fit StreamItem::FitOf(const ItemName& name, ItemKind event_kind) const {
  const Likeness by_call = Compare(call, name.call);
  if (kind != event_kind || by_call == Likeness::kDiffers) return Fit::kNone;
  if (by_call == Likeness::kSame) return Fit::kCertain;
  const Likeness by_id = Compare(id, name.id);
  const Likeness by_index = Compare(index, name.index);
  const bool same_index = by_index == Likeness::kSame;
  if (by_id == Likeness::kSame) {
    if (by_index != Likeness::kDiffers) return Fit::kCertain;
    return done ? Fit::kNone : Fit::kId;  // some servers give all items one id
  }
  if (by_index == Likeness::kDiffers) return Fit::kNone;
  if (by_id == Likeness::kDiffers) return same_index && !done ? Fit::kPlace : Fit::kNone;
  if (!same_index) return done ? Fit::kNone : Fit::kPlace;
  return name.id.empty() && !done ? Fit::kCertain : Fit::kPlace;
}

bool StreamItem::IsBegunBy(const ItemName& name, ItemKind event_kind) const {
  if (kind != event_kind) return false;
  const Likeness by_id = Compare(id, name.id);
  const Likeness by_index = Compare(index, name.index);
  const Likeness by_call = Compare(call, name.call);
  for (const Likeness one : {by_id, by_index, by_call}) {
    if (one == Likeness::kDiffers) return false;
  }
  if (by_id == Likeness::kSame || by_call == Likeness::kSame) return true;
  return by_index == Likeness::kSame && !done;
}

void StreamItem::Learn(const ItemName& name) {
  if (id.empty()) id = name.id;
  if (index.empty()) index = name.index;
  if (call.empty()) call = name.call;
}

bool StreamItem::HasPart(std::string_view part) const {
  if (parts.empty()) return false;
  if (part.empty() || parts.back().empty()) return true;
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

std::vector<StreamItem*> PairOutput(const std::vector<std::string_view>& output,
                                    std::deque<StreamItem>& items) {
  std::vector<StreamItem*> partners(output.size(), nullptr);
  for (const PairBy by : {PairBy::kName, PairBy::kText, PairBy::kKind}) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < output.size(); ++i) {
      json::Members whole;
      if (partners[i] != nullptr || !whole.Read(output[i])) continue;
      partners[i] = PartnerOf(by, whole, items, next);
    }
  }
  return partners;
}

}  // namespace headgate::backends::openai_responses
