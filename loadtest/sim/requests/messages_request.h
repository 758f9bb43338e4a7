// Bodies of POST /v1/messages and /v1/messages/count_tokens. *stateless*
#pragma once

#include <boost/json.hpp>

#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// Throws Refused (json_fields.h). A provider's server checks Anthropic's rules too.
void ReadMessagesBody(const boost::json::object& body, const RequestPlace& place,
                      CompletionRequest& request);

}  // namespace headgate::loadtest::sim
