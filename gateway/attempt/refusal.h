#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "backends/net/types.h"
#include "backends/protocols/values/client_protocol.h"
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

// Returns the refusal in the backend's words, without our secrets. `raw`: the body as it came, or
// empty. A client of the backend's own protocol gets it as it is if it is such an error, because
// agents go by its wording.
ClientError TheirError(const backends::ErrorBody& refusal, std::string_view raw,
                       backends::ClientProtocol protocol, const policy::Scrubber& scrubber);

// The same for a client of another protocol, whose words for status and kind it has.
ClientError TranslatedError(const backends::ErrorBody& refusal, backends::ClientProtocol client,
                            const policy::Scrubber& scrubber);

// Returns the error with which a translated stream broke off: its class in the words of the
// client's protocol, and the backend's message. An error that is about our account there (its key,
// its money, its models) is told as a fault of the gateway, without its words.
ClientError TranslatedFault(const backends::ErrorBody& fault, backends::ClientProtocol client,
                            const policy::Scrubber& scrubber);

// Returns the error document of a backend for a client of the same protocol, without our secrets.
// Returns an empty text if it is no such document, or if a secret may hide in its escapes.
std::string PassingDocument(std::string_view raw, backends::ClientProtocol protocol,
                            const policy::Scrubber& scrubber);

}  // namespace headgate::gateway
