#pragma once

#include <optional>

#include "routing/replay/recorded.h"
#include "simdjson.h"

namespace headgate::gateway {

// The policy that a line of PolicyLine names; nullopt: it is not sound. Which version the line has
// is the caller's to look at. Pure.
std::optional<routing::RecordedPolicy> ReadPolicyFields(simdjson::ondemand::object& fields);

}  // namespace headgate::gateway
