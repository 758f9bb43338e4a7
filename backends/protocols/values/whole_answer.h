#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends {

// What a whole answer of status 200 turned out to be.
struct WholeAnswer {
  enum class Kind : std::uint8_t {
    kAnswer,
    kError,       // an error in place of an answer, or in it
    kIncomplete,  // an object of the right form without an answer in it
    kNoAnswer,    // not in the form of an answer at all; may be a StrayAnswer
  };
  Kind kind = Kind::kNoAnswer;
  AnswerUsage usage;         // of an error and of kIncomplete too
  std::string_view missing;  // with kIncomplete: what is wrong, for the log; of a constant
};

// What came instead of a whole answer.
struct StrayAnswer {
  AnswerUsage usage;
  std::int64_t token_events = 0;     // events that carried generated content
  bool events = false;               // it is a stream of events
  std::optional<std::string> error;  // its list of errors, or its first event
};

}  // namespace headgate::backends
