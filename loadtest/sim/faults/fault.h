// The faults that one request asks the simulator for: `key=value;key=value`. Token numbers count
// the tokens of one choice. *immutable* once parsed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
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
  bool context_length = false;              // 400: the prompt does not fit the context
  bool content_policy = false;              // 400: the provider's filter refuses the prompt
  bool reset = false;                       // TCP RST before any byte
  bool silence = false;                     // no byte, ever; the connection stays open
  bool error_event = false;                 // HTTP 200, then an error instead of an answer

  // Timing.
  bool early_head = false;  // the head of a stream comes before its first token, as vLLM's does
  Nanoseconds delay{0};     // before the response head, on top of the first-token delay
  std::optional<Distribution> ttft;
  std::optional<Distribution> interval;
  std::optional<Distribution> service;
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
  bool trickle = false;  // every byte in a write of its own, the head included
  bool encoded = false;
  bool no_done = false;
  bool no_usage = false;
  bool no_length = false;
  bool close_after = false;

  // Which of the requests with the same fault text have the fault: the first `skip` have none, then
  // every `every`-th has it, and at most `times` of them.
  std::optional<std::int64_t> times;
  std::int64_t skip = 0;
  std::int64_t every = 1;  // at least 1

  // Whether the fault depends on how many requests came before.
  bool Counted() const { return times || skip > 0 || every > 1; }
};

// One row of the table of faults.
struct FaultKey {
  std::string_view name;
  std::string_view value;  // the form of the value; empty for a flag
  std::string_view what;
  bool (*set)(Fault&, std::string_view) = nullptr;
};

// Returns all faults, in the order of the README.
std::span<const FaultKey> FaultKeys();

// Returns the table of faults as text, one line each: what `headgate-sim --list-faults` prints.
std::string FaultTable();

struct FaultResult {
  Fault fault;
  std::string error;  // empty if the text is valid
};

// Reads `text`; an empty text has no fault. The error names the first part that is not valid.
FaultResult ParseFault(std::string_view text);

}  // namespace headgate::loadtest::sim
