#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/json/members.h"
#include "backends/protocols/openai_responses/stream/stream_item.h"
#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::openai_responses {

// One kind of event that brings a piece of an item.
struct PieceEvent {
  std::string_view type;  // as written
  AnswerEvent::Kind kind;
  ItemKind item;
  std::string_view index;  // the member with the index of the part; empty: there is one part
  std::string_view text;   // the member with the text
  bool whole;              // not a delta
};

// Returns the kind of event with this type, as written; null if it brings no piece.
const PieceEvent* PieceEventOf(std::string_view type);

// Returns the name of the part that `event` is about, as ItemText has it; empty if it does not say.
// The view is of `name`, which is written anew.
std::string_view PartIn(const json::Members& event, const PieceEvent& piece, std::string& name);

}  // namespace headgate::backends::openai_responses
