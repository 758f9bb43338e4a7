#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/base/money.h"

namespace headgate::gateway {

// Small writers for JSON that is put together by hand on the hot path (log lines, error events).
// Everything else uses Boost.JSON.

// Appends `text` as a JSON string literal with quotes. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string& out);

void AppendInteger(std::int64_t value, std::string& out);

// Appends `cost` as exact decimal dollars, e.g. 0.000123400.
void AppendUsd(NanoUsd cost, std::string& out);

}  // namespace headgate::gateway
