#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "config/checks/found_warning.h"

namespace headgate::gateway {

// What in a running configuration is probably a mistake. Stateless and thread-safe.

// Writes warnings into the operator's log, a line each: at most 20, then a line that counts the
// rest.
void LogWarnings(const std::vector<config::FoundWarning>& warnings);

// Returns {"warning": NAME, "file", "line", "path", "problem", "fix"} for each warning.
boost::json::array ToJson(const std::vector<config::FoundWarning>& warnings);
boost::json::object ToJson(const config::FoundWarning& warning);

}  // namespace headgate::gateway
