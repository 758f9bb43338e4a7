#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/net/response_parser.h"
#include "backends/net/types.h"
#include "backends/protocols/answer_reader.h"
#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/client_protocol.h"
#include "backends/protocols/values/whole_answer.h"
#include "backends/upstream/exchange.h"
#include "backends/upstream/upstream_error.h"

namespace headgate::gateway {

// What an answer reports about its own cost.
struct AnswerCost {
  backends::AnswerUsage usage;
  std::int64_t output_seen = 0;  // tokens, estimated; used where `usage` reports none
};

// What is wrong with an unusable answer of status 200 to 399: an unexpected status or media type,
// an error in place of an answer, or something malformed. The model may have worked for it all the
// same, so the cost that it reports is booked.
struct AnswerFault {
  backends::AttemptResult result = backends::AttemptResult::kMalformed;
  bool will_repeat = false;  // the same target would fail in the same way again
  std::string detail;        // for the log, in our words
  // An error object that came instead of an answer, as it came. It may be a refusal like any other.
  std::optional<std::string> error;
  AnswerCost cost;
};

// Returns what makes an answer useless before its body is read, or an empty text. `stream` says
// whether a stream was asked for.
std::string FaultOfHead(const backends::ResponseHead& head, bool stream);

// Returns what is wrong with a stream that ended before its first token and is not whole, or
// nullopt if the exchange failed. `complete`: the body has ended as HTTP says. Pure.
std::optional<AnswerFault> FaultWithoutToken(const backends::StreamReader& events, bool complete);

// `protocol` is that of the backend.
//
// Returns what is wrong with `body`, which is not JSON although JSON was asked for.
AnswerFault FaultOfText(std::string_view body, const backends::ResponseHead& head,
                        backends::ClientProtocol protocol);

// Returns what is wrong with `body`, which is too long to be translated.
AnswerFault FaultOfLength(std::string_view body, backends::ClientProtocol protocol);
// Returns what is wrong with `body`, which has come whole and was read as `answer`, or nullopt if
// it is an answer.
std::optional<AnswerFault> FaultOfWholeAnswer(const backends::WholeAnswer& answer,
                                              std::string_view body,
                                              const backends::ResponseHead& head,
                                              backends::ClientProtocol protocol);

// Reads the rest of a useless answer to find the cost that it reports. `why` says what is wrong
// with the answer. Reading takes five seconds at most; figures that have not come by then are
// estimated.
Awaitable<AnswerFault> ReadUselessAnswer(backends::Exchange& exchange,
                                         backends::ClientProtocol protocol, std::string why);

}  // namespace headgate::gateway
