#pragma once

#include <string>

#include "backends/protocols/json/append_json.h"
#include "config/base/money.h"

namespace headgate::gateway {

// Small writers for JSON that is put together by hand on the hot path (log lines, error events).
// Everything else uses Boost.JSON.

using backends::json::AppendInteger;
using backends::json::AppendJsonString;

// Appends `cost` as exact decimal dollars, e.g. 0.000123400.
void AppendUsd(NanoUsd cost, std::string& out);

}  // namespace headgate::gateway
