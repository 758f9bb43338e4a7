#pragma once

#include <string_view>

#include "config/limits.h"
#include "config/reader/fields.h"

namespace headgate::config {

// `limits` of a key, a team, a route or a backend. Stateless and thread-safe.
struct RateLimitsSection {
  static constexpr std::string_view kExpects = "a mapping, for example {requests_per_minute: 600}";
  static bool Read(const Value& value, RateLimits& limits);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
