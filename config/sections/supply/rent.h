#pragma once

#include "config/prices.h"
#include "config/reader/fields.h"

namespace headgate::config {

// What a self-hosted backend costs: its key `cost`. Stateless and thread-safe.
struct RentSection {
  static constexpr std::string_view kExpects = "a mapping with per_replica_hour";
  static bool Read(const Value& value, RentTerms& terms);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
