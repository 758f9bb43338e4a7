// What a simulated server says when it refuses, and the header by which it names a request.
// *stateless*
#pragma once

#include <string>
#include <string_view>

#include "loadtest/sim/replica/options.h"
#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// Whether this place of the server speaks the Messages protocol.
bool SpeaksMessages(Personality personality, Endpoint endpoint);

// The error body for `refusal` as the personality writes it at this place. Anthropic repeats the
// request's id there.
std::string ErrorJson(Personality personality, Endpoint endpoint, const Refusal& refusal,
                      std::string_view request_id);

// OpenAI's code for `refusal`, may be empty.
std::string_view ErrorCode(const Refusal& refusal);

// The header lines that name a request, each with its CRLF.
std::string RequestIdLine(Personality personality, std::string_view request_id);

}  // namespace headgate::loadtest::sim
