#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "config/checks/found_warning.h"

namespace headgate::gateway {

// What a running configuration says that is probably not meant. Stateless and thread-safe.

// Into the operator's log, a line each: at most 20, then a line that counts the rest.
void LogWarnings(const std::vector<config::FoundWarning>& warnings);

// {"warning": NAME, "file", "line", "path", "problem", "fix"} each.
boost::json::array ToJson(const std::vector<config::FoundWarning>& warnings);
boost::json::object ToJson(const config::FoundWarning& warning);

}  // namespace headgate::gateway
