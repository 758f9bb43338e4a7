#pragma once

#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// `require`: hard filters on targets, of routes, keys and teams. Stateless and thread-safe.

struct RequireSection {
  static constexpr std::string_view kExpects = "a mapping of requirements";
  static bool Read(const Value& value, Require& require);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
