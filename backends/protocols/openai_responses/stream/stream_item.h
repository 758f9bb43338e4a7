#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/protocols/json/members.h"
#include "backends/protocols/sse/split_pair.h"
#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::openai_responses {

enum class ItemKind : std::uint8_t { kMessage, kThought, kFunction, kCustom, kOther };

// Returns the kind that an item's `type` names, as written.
ItemKind ItemKindOf(std::string_view type);
inline bool IsCallKind(ItemKind kind) {
  return kind == ItemKind::kFunction || kind == ItemKind::kCustom;
}

// By what an event names its item, each as written. A member that is empty is not said.
struct ItemName {
  std::string_view id;
  std::string_view index;  // in the output
  std::string_view call;   // the call_id; an event with a delta has none
};

// Returns the name of the item in an event, or the item that the event is about if `item` is null.
ItemName NameIn(const json::Members& event, const json::Members* item);

// A text of an item, and the part that it belongs to.
struct ItemText {
  std::string part;  // its index; of a thought, which has two lists of parts, behind PartList
  AnswerEvent::Kind kind = AnswerEvent::Kind::kText;
  std::string text;
};
using ItemTexts = std::vector<ItemText>;

// What names of the parts of a thought begin with.
enum class PartList : char { kSummary = 's', kContent = 'c' };

// Returns what is in a whole item: of a message its content, of a call its arguments. Texts without
// content are left out.
ItemTexts TextsOf(ItemKind kind, const json::Members& item);
// Returns what is in both lists of a thought, its summary first; or in its content alone.
ItemTexts TextsOfThought(const json::Members& item);
ItemTexts TextsOfContent(const json::Members& item);

// What has been said of an item, as far as it tells whether a whole text goes on with it. The text
// itself is not kept.
class SaidText {
 public:
  void Add(std::string_view text);
  std::size_t size() const { return size_; }
  // Returns the size of `texts` if what has been said is their beginning, else nullopt.
  std::optional<std::size_t> SizeIfBegun(const ItemTexts& texts) const;

 private:
  std::size_t size_ = 0;
  std::uint64_t hash_ = 0xcbf29ce484222325u;  // FNV-1a
};

// One item of a streamed output.
struct StreamItem {
  enum class State : std::uint8_t { kWaiting, kOpen, kOver };

  // How well an event's name fits the item, the better the greater.
  enum class Fit : std::uint8_t {
    kNone,
    kPlace,    // by the index alone, or only because nothing speaks against it
    kId,       // by the id, but the index is another one
    kCertain,  // no other item can fit better
  };

  // Some servers give all items one index, some give each event another id, and some leave out one
  // of the two. So an id counts more than an index, and another id at the index of an item that
  // still grows is that item.
  Fit FitOf(const ItemName& name, ItemKind event_kind) const;
  // Returns whether an item that begins is this one, said again.
  bool IsBegunBy(const ItemName& name, ItemKind event_kind) const;
  // Keeps what the item was not called before.
  void Learn(const ItemName& name);
  bool HasPart(std::string_view part) const;

  std::string id;
  std::string index;
  std::string call;
  ItemKind kind = ItemKind::kOther;
  State state = State::kWaiting;
  std::string opening;  // of a call that is not over: the JSON of the item as it began
  std::vector<std::pair<AnswerEvent::Kind, std::string>> waiting;  // events
  std::vector<std::string> parts;  // those said, named as in ItemText; the last one grows
  SaidText text;
  SplitPair pair;                                          // of the text of the part that grows
  AnswerEvent::Kind text_kind = AnswerEvent::Kind::kText;  // of that part
  bool said = false;                                       // any part has come
  bool has_signature = false;
  bool done = false;    // nothing more will come, but for what the end of the stream adds
  bool paired = false;  // with an item of the whole answer
};

// Finds the streamed item of each item in a whole `output`: by its id or call_id, else by what it
// says, else by its kind, in order. Some servers give an item other ids at the end. Null: it has
// not been streamed. The items that are found are marked as paired.
std::vector<StreamItem*> PairOutput(const std::vector<std::string_view>& output,
                                    std::deque<StreamItem>& items);

}  // namespace headgate::backends::openai_responses
