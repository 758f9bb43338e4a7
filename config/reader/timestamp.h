#pragma once

#include <cstdint>
#include <string_view>

#include "config/base/parsed.h"

namespace headgate::config {

// RFC 3339 without fractions of a second, from 1970 on ("2026-11-24T09:30:00+01:00", "…Z"), in
// seconds since 1970-01-01 UTC. Pure and thread-safe.
Parsed<std::int64_t> ParseTimestamp(std::string_view text);

}  // namespace headgate::config
