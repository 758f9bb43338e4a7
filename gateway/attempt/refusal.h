#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "backends/net/types.h"
#include "backends/protocols/values/error_body.h"
#include "backends/upstream/exchange.h"
#include "gateway/http/answer.h"
#include "policy/scrub/scrub.h"

namespace headgate::gateway {

// An answer with a status of 400 or more.
struct RefusingAnswer {
  backends::ErrorBody body;
  std::optional<std::chrono::milliseconds> retry_after;
};
// Reads as much of the answer as is worth the client's time: 64 KiB, five seconds, and one second
// for each piece. If the rest does not come, only the status is used.
Awaitable<RefusingAnswer> ReadRefusingAnswer(backends::Exchange& exchange);

// Returns what of a refusal may be logged: its status, and its type and code if they are single
// words. The message is for the client alone, because backends quote what they refuse.
std::string LoggableRefusal(const backends::ErrorBody& refusal, const policy::Scrubber& scrubber);

// Returns the refusal in the backend's words, without our secrets.
ClientError TheirError(const backends::ErrorBody& refusal, const policy::Scrubber& scrubber);

}  // namespace headgate::gateway
