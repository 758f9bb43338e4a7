#pragma once

#include "config/prices.h"
#include "config/reader/fields.h"

namespace headgate::config {

// What a model costs at a paid API: the key `price` of the catalogue, and of a model at a backend.
// Stateless and thread-safe.
struct PriceSection {
  static constexpr std::string_view kExpects = "a mapping with input and output";
  static bool Read(const Value& value, Prices& prices);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
