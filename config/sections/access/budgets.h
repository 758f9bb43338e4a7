#pragma once

#include <string_view>

#include "config/limits.h"
#include "config/reader/fields.h"

namespace headgate::config {

// One of `budgets`. Stateless and thread-safe.
struct BudgetSection {
  static constexpr std::string_view kExpects =
      "a mapping, for example {scope: {team: search}, limit: 500, per: month}";
  static bool Read(const Value& value, Budget& budget);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
