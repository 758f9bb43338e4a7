#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "backends/upstream/upstream_error.h"

namespace headgate::gateway {

// What decides whether a broken stream may go on at another target. The facts about the request are
// known when it is parsed, the facts about the answer when it breaks.
struct ResumeFacts {
  bool chat = true;  // chat completions, messages or responses
  std::int64_t choices = 1;
  bool logprobs = false;    // asked for
  bool structured = false;  // a JSON schema or grammar binds the answer as a whole
  bool tool_call_begun = false;
  bool reasoning_open = false;  // its reasoning has not ended, and cannot be given to another model
  bool finished = false;  // the answer has its finish, and only the end of the stream is missing
  // The text that the client has. With none, the next target answers from the beginning, so any
  // target may.
  std::size_t text_bytes = 0;
};

// Why a broken stream does not go on.
enum class NoResume : std::uint8_t {
  kNone,  // it may go on
  kNotText,
  kSeveralChoices,
  kLogprobs,
  kStructured,
  kToolCall,
  kReasoning,
  kFinished,
  kNotBroken,  // its end is not the fault of a backend
  kOff,        // the route has no `resume`
  kNoTarget,   // no target is left that could continue
  kTooOften,   // it has been continued kMostResumes times
};
// One word for the log; empty for kNone.
std::string_view ToString(NoResume reason);

// Returns whether the answer can be continued from its text alone, so that the client sees one
// answer. `result` says how the stream ended. Pure.
NoResume MayResume(const ResumeFacts& facts, backends::AttemptResult result);

}  // namespace headgate::gateway
