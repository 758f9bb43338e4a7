#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/protocols/json/append_json.h"
#include "config/base/money.h"

namespace headgate::gateway {

// Small writers for JSON that is put together by hand on the hot path (log lines, error events).
// Everything else uses Boost.JSON.

using backends::json::AppendInteger;
using backends::json::AppendJsonString;

// Appends `name` and the number. `name` is such as `,"attempts":`.
inline void AppendNumber(std::string_view name, std::int64_t value, std::string& out) {
  out.append(name);
  AppendInteger(value, out);
}

// Appends `cost` as exact decimal dollars, e.g. 0.000123400.
void AppendUsd(NanoUsd cost, std::string& out);
std::string UsdText(NanoUsd cost);

}  // namespace headgate::gateway
