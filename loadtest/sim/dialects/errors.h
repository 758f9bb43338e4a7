// The errors of a simulated server, and the header that names a request. *stateless*
#pragma once

#include <string>
#include <string_view>

#include "loadtest/sim/replica/options.h"
#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// Returns whether errors at this endpoint have the form of the Messages protocol.
bool SpeaksMessages(Personality personality, Endpoint endpoint);

// Returns the error body for `refusal`, as the personality writes it at this endpoint. Anthropic's
// body repeats the id of the request.
std::string ErrorJson(Personality personality, Endpoint endpoint, const Refusal& refusal,
                      std::string_view request_id);

// Returns OpenAI's code for `refusal`. It may be empty.
std::string_view ErrorCode(const Refusal& refusal);

// Returns the header lines that name a request, each with its CRLF.
std::string RequestIdLine(Personality personality, std::string_view request_id);

}  // namespace headgate::loadtest::sim
