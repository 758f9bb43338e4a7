#pragma once

#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// The key `ledger`: where the record of what requests cost is kept, and for how long. Stateless and
// thread-safe.
struct LedgerSection {
  static constexpr std::string_view kExpects = "a mapping, for example {path: ledger}";
  static bool Read(const Value& value, Ledger& ledger);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
