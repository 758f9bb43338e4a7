#pragma once

#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// Values of a route that say what happens when attempts fail or are slow. Stateless and
// thread-safe.

// `attempts`.
struct AttemptsSection {
  static constexpr std::string_view kExpects = "a mapping";
  static bool Read(const Value& value, Attempts& attempts);
  static Json JsonSchema(Definitions& definitions);
};

// `commit`: a word, or {hold: 2s}.
struct CommitSection {
  static constexpr std::string_view kExpects = "first_token, complete or {hold: 2s}";
  static bool Read(const Value& value, Commit& commit);
  static Json JsonSchema(Definitions& definitions);
};

// `hedge`.
struct HedgeSection {
  static constexpr std::string_view kExpects = "a mapping";
  static bool Read(const Value& value, Hedge& hedge);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
