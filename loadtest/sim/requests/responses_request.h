// Bodies of POST /v1/responses. *stateless*
#pragma once

#include <boost/json.hpp>

#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// Reads `body` into `request`. Throws Refused (json_fields.h). The simulator does not store
// responses, so it refuses a request that continues a response.
void ReadResponsesBody(const boost::json::object& body, const RequestPlace& place,
                       CompletionRequest& request);

}  // namespace headgate::loadtest::sim
