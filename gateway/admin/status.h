#pragma once

#include <boost/json/array.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "config/load.h"
#include "gateway/admin/reload.h"

namespace headgate::gateway {

// Returns the state of everything as JSON, for GET /status, without secrets. For the control
// thread.
std::string StatusJson(const Reloader& reloader, bool ready, std::chrono::seconds uptime);

// Returns the diagnostics of a configuration, one object for each. Pure.
boost::json::array DiagnosticsJson(const std::vector<config::Diagnostic>& diagnostics);

}  // namespace headgate::gateway
