#pragma once

#include <boost/json/object.hpp>

#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// Says in the explanation of a planned request if it is outside of the `routes` and `classes` of
// its key, or its key or team is stopped, and so refused. Pure.
void AddScope(const config::Config& config, const routing::CompiledPolicy& policy,
              const routing::DecisionInput& input, const routing::Decision& decision,
              boost::json::object& explanation);

}  // namespace headgate::gateway
