// The errors of a simulated server, and the header that names a request. *stateless*
#pragma once

#include <cstdint>
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

// Returns the refusals of a prompt that does not fit the context, and of one that the provider's
// filter does not let through, in the words of the server. Self-hosted servers have no filter, so
// theirs has Azure's words.
Refusal ContextTooLong(Personality personality, std::int64_t prompt_tokens);
Refusal ContentRefused(Personality personality);

// Returns OpenAI's code for `refusal`. It may be empty.
std::string_view ErrorCode(const Refusal& refusal);

// Returns the header lines that name a request, each with its CRLF.
std::string RequestIdLine(Personality personality, std::string_view request_id);

}  // namespace headgate::loadtest::sim
