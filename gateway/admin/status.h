#pragma once

#include <boost/json/array.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "config/load.h"
#include "gateway/admin/reload.h"
#include "policy/ledger/ledger_writer.h"

namespace headgate::gateway {

// Returns the state of everything as JSON, for GET /status, without secrets. `ledger`: null if
// there is none. For the control thread.
std::string StatusJson(const Reloader& reloader, const policy::LedgerWriter* ledger, bool ready,
                       std::chrono::seconds uptime);

boost::json::array TextsJson(const std::vector<std::string>& texts);

// Returns the diagnostics of a configuration, one object for each. Pure.
boost::json::array DiagnosticsJson(const std::vector<config::Diagnostic>& diagnostics);

}  // namespace headgate::gateway
