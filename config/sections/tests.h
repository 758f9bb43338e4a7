#pragma once

#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// One of `tests`. Stateless and thread-safe.

struct TestSection {
  static constexpr std::string_view kExpects = "a mapping with request and expect";
  static bool Read(const Value& value, PolicyTest& test);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
