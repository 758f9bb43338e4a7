// The rules of Anthropic's own servers for a well-formed body of Messages. They refuse tool results
// without their calls, thinking without its signature, and fields of another protocol. The texts of
// the refusals are Anthropic's, as far as they are known (2026). *stateless*
#pragma once

#include <boost/json.hpp>

#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// Throws Refused (json_fields.h) if the body breaks a rule.
void CheckAnthropicRules(const boost::json::object& body, const RequestPlace& place);

}  // namespace headgate::loadtest::sim
