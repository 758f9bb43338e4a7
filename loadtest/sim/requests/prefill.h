// The ways in which a request asks a server to go on with an answer that has begun: each server has
// its own. *stateless*
#pragma once

#include <boost/json.hpp>
#include <cstdint>

#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// Reads whether the last of `messages` is the start of the answer, and puts its text into
// `request`. Throws Refused (json_fields.h) where the server of `place` would refuse it.
void ReadPrefill(const boost::json::object& body, const boost::json::array& messages,
                 const RequestPlace& place, CompletionRequest& request);

}  // namespace headgate::loadtest::sim
