#pragma once

#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// Which targets a request may go to and how they are ranked: `routes` and `quality`. Stateless and
// thread-safe.

// `model@backend`, or {target: model@backend, weight: N}.
struct TargetSection {
  static constexpr std::string_view kExpects = "model@backend";
  static bool Read(const Value& value, TargetReference& target);
  static Json JsonSchema(Definitions& definitions);
};

// One of `routes`.
struct RouteSection {
  static constexpr std::string_view kExpects = "a mapping";
  static bool Read(const Value& value, Route& route);
  static Json JsonSchema(Definitions& definitions);
};

struct QualitySection {
  static constexpr std::string_view kExpects = "a mapping of topics and scores";
  static bool Read(const Value& value, QualityScores& quality);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
