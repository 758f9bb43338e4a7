#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/splice_points.h"

namespace headgate::backends {

// A client's body without some of its thoughts.
struct CutBody {
  std::string body;
  SplicePoints splice;       // of this body
  std::string_view dropped;  // what a client of the protocol calls the thoughts; a constant
};

// Returns the body without the thoughts whose signatures have a mark (signature_mark.h): they are
// those of backends of other protocols, and a backend that gets the client's own bytes would refuse
// the request for them. With entries of thinking_blocks, reasoning_content, which repeats their
// texts, goes too. A message that had nothing but such thoughts is left out. Anthropic refuses a
// budget for thinking in the middle of a tool loop whose thoughts are not there, so the budget is
// replaced by {"type":"disabled"} then. Returns nullopt if there are none: the cost is one search
// for the mark. `body` has passed RequestReader, and `splice` is of it. Thread-safe.
std::optional<CutBody> WithoutMarkedThoughts(std::string_view body, const SplicePoints& splice);

}  // namespace headgate::backends
