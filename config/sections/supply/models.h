#pragma once

#include <vector>

#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// The catalogue's entries: the key `models`. Stateless and thread-safe.

// An entry whose name is already in `models` overrides only the keys that it names.
struct ModelsSection {
  static constexpr std::string_view kExpects = "a mapping of models";
  static bool Read(const Value& value, std::vector<Model>& models);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
