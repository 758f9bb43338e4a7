// Bodies of chat completions, completions and embeddings. *stateless*
#pragma once

#include <boost/json.hpp>

#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// Reads `body` into `request`. Throws Refused (json_fields.h).
void ReadOpenAiBody(const boost::json::object& body, const RequestPlace& place,
                    CompletionRequest& request);

}  // namespace headgate::loadtest::sim
