#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/net/response_parser.h"
#include "backends/net/types.h"
#include "backends/protocols/values/answer_usage.h"
#include "backends/upstream/exchange.h"
#include "backends/upstream/upstream_error.h"

namespace headgate::gateway {

// What an answer says about its own cost.
struct AnswerCost {
  backends::AnswerUsage usage;
  std::int64_t output_seen = 0;  // tokens, estimated; counts where `usage` has none
};

// What is wrong with an answer of status 200 to 399 that nobody can use: another status or media
// type than was asked for, an error in place of an answer, something malformed. The model may have
// worked for it all the same, so what it says about its cost is booked.
struct AnswerFault {
  backends::AttemptResult result = backends::AttemptResult::kMalformed;
  bool will_repeat = false;  // the same target would show it again
  std::string detail;        // for the log, in our words
  // An error object that came instead of an answer, as it came; it may be a refusal like any other.
  std::optional<std::string> error;
  AnswerCost cost;
};

// Why an answer failed whose status 200 was an error.
inline constexpr std::string_view kErrorOf200 = "its answer of status 200 is an error";

// What makes an answer useless before its body is read; empty: nothing. `stream`: one was asked
// for.
std::string FaultOfHead(const backends::ResponseHead& head, bool stream);

// What is wrong with `body` where JSON was asked for, and that is not JSON.
AnswerFault FaultOfText(std::string_view body, const backends::ResponseHead& head);

// Reads what is left of a useless answer for what it says about its cost. `why`: what is wrong with
// it. The rest may take five seconds, and without the figures in it they are estimated.
Awaitable<AnswerFault> ReadUselessAnswer(backends::Exchange& exchange, std::string why);

}  // namespace headgate::gateway
