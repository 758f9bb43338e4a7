#pragma once

#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// How requests are classified: the keys `classifier` and `classes`. Stateless and thread-safe.

struct ClassifierSection {
  static constexpr std::string_view kExpects = "a mapping with model, threshold and urgency";
  static bool Read(const Value& value, Classifier& classifier);
  static Json JsonSchema(Definitions& definitions);
};

// `classes`: custom classes, and targets of built-in classes.
struct ClassesSection {
  static constexpr std::string_view kExpects = ListOf<ClassifierSection>::kExpects;
  static bool Read(const Value& value, Config& config);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
