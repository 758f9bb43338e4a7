// The faults that one request asks the simulator for: `key=value;key=value`. Token numbers count
// the tokens of one choice. *immutable* once parsed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "loadtest/sim/base/clock.h"
#include "loadtest/sim/base/distribution.h"

namespace headgate::loadtest::sim {

// The reasons that `finish` may give for the end of an answer: a stop sequence of the request, a
// refusal of the model, a turn that the client is to continue, a full context.
constexpr std::array<std::string_view, 4> kFinishNames{"stop_sequence", "refusal", "pause",
                                                       "context"};

struct Fault {
  // Instead of an answer.
  std::optional<int> status;                // this HTTP status, 400..599, with an error body
  std::optional<std::int64_t> retry_after;  // seconds, as a header of that error
  std::string message;                      // of every error
  std::string code;                         // of every error (OpenAI, Azure, Anthropic)
  bool reset = false;                       // TCP RST before any byte
  bool error_event = false;                 // HTTP 200, then an error instead of an answer

  // Timing.
  Nanoseconds delay{0};  // before the response head, on top of the first-token delay
  std::optional<Distribution> ttft;
  std::optional<Distribution> interval;
  std::optional<std::pair<std::int64_t, Nanoseconds>> stall;  // after this many tokens, this long

  // During an answer, after this many tokens.
  std::optional<std::int64_t> reset_after;
  std::optional<std::int64_t> cut;
  std::optional<std::int64_t> malformed;
  std::optional<std::int64_t> error_after;

  // Content.
  std::optional<std::int64_t> tokens;
  std::optional<std::int64_t> huge;         // bytes of answer text, at most 1 GiB
  std::optional<std::int64_t> cached;       // prompt tokens reported as read from the cache
  std::optional<std::int64_t> cache_write;  // prompt tokens reported as written to the cache
  std::optional<std::int64_t> thinking;     // tokens of thinking before the answer, at most 10^6
  std::string finish;  // reason of the end, one of kFinishNames; empty for the real reason
  bool echo_body = false;

  // Form.
  std::optional<std::int64_t> comment;  // an SSE comment before every Nth event
  bool crlf = false;
  bool split = false;
  bool encoded = false;
  bool no_done = false;
  bool no_usage = false;
  bool no_length = false;
  bool close_after = false;

  // The fault applies to this many requests with the same text. Later requests have no fault.
  std::optional<std::int64_t> times;
};

struct FaultResult {
  Fault fault;
  std::string error;  // empty if the text is valid
};

// Reads `text`; an empty text has no fault. The error names the first part that is not valid.
FaultResult ParseFault(std::string_view text);

}  // namespace headgate::loadtest::sim
