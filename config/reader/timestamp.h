#pragma once

#include <cstdint>
#include <string_view>

#include "config/base/parsed.h"

namespace headgate::config {

// Texts that name times. All functions are pure and thread-safe.

// RFC 3339 without fractions of a second, from 1970 on ("2026-11-24T09:30:00+01:00", "…Z"), in
// seconds since 1970-01-01 UTC.
Parsed<std::int64_t> ParseTimestamp(std::string_view text);

// The same, or a date alone ("2026-09-01"), which means its first second in UTC.
Parsed<std::int64_t> ParseDateOrTimestamp(std::string_view text);

// "00:00" … "24:00", in minutes.
Parsed<int> ParseTimeOfDay(std::string_view text);

}  // namespace headgate::config
