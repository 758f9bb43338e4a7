#pragma once

#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// `when`: a condition on a request; conditions nest. Stateless and thread-safe.

struct WhenSection {
  static constexpr std::string_view kExpects = "a mapping of conditions";
  static bool Read(const Value& value, When& when);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
