// Bodies of POST /v1/responses. *stateless*
#pragma once

#include <boost/json.hpp>

#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// Throws Refused (json_fields.h). The server keeps no responses, so it continues none.
void ReadResponsesBody(const boost::json::object& body, const RequestPlace& place,
                       CompletionRequest& request);

}  // namespace headgate::loadtest::sim
