#pragma once

#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// Who sends requests: one of `keys`, one of `teams`. Stateless and thread-safe.

struct KeySection {
  static constexpr std::string_view kExpects = "a mapping";
  static bool Read(const Value& value, Key& key);
  static Json JsonSchema(Definitions& definitions);
};

struct TeamSection {
  static constexpr std::string_view kExpects = "a mapping with require";
  static bool Read(const Value& value, Team& team);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
