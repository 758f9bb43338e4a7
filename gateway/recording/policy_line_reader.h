#pragma once

#include <optional>

#include "routing/replay/recorded.h"
#include "simdjson.h"

namespace headgate::gateway {

// Reads the policy that a line of PolicyLine names. Returns nullopt if the line is not valid. The
// caller checks the version of the line. Pure.
std::optional<routing::RecordedPolicy> ReadPolicyFields(simdjson::ondemand::object& fields);

}  // namespace headgate::gateway
