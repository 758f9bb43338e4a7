// What Anthropic's own servers refuse in a body of Messages that is otherwise well formed: tool
// results without their calls, thinking without its signature, fields of another protocol. The
// texts are theirs as far as known (2026). *stateless*
#pragma once

#include <boost/json.hpp>

#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// Throws Refused (json_fields.h).
void CheckAnthropicRules(const boost::json::object& body, const RequestPlace& place);

}  // namespace headgate::loadtest::sim
