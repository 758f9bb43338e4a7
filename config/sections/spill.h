#pragma once

#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// When a request leaves a full self-hosted target: the key `spill` of a route. Stateless and
// thread-safe.

// {after: 50ms}, {when_wait_over: 500ms} or never.
struct SpillSection {
  static constexpr std::string_view kExpects = "{after: 50ms}, {when_wait_over: 500ms} or never";
  static bool Read(const Value& value, Spill& spill);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
