// Bodies of POST /v1/messages and /v1/messages/count_tokens. *stateless*
#pragma once

#include <boost/json.hpp>

#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// Reads `body` into `request`. Throws Refused (json_fields.h). A provider also checks Anthropic's
// rules.
void ReadMessagesBody(const boost::json::object& body, const RequestPlace& place,
                      CompletionRequest& request);

}  // namespace headgate::loadtest::sim
