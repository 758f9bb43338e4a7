#pragma once

#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// What the process does besides routing: where it listens, whom it lets in, what it writes. The
// keys `server`, `recording` and `responses`. Stateless and thread-safe.

struct ServerSection {
  static constexpr std::string_view kExpects = "a mapping";
  static bool Read(const Value& value, Server& server);
  static Json JsonSchema(Definitions& definitions);
};

struct RecordingSection {
  static constexpr std::string_view kExpects = "a mapping with file";
  static bool Read(const Value& value, Recording& recording);
  static Json JsonSchema(Definitions& definitions);
};

struct ResponsesSection {
  static constexpr std::string_view kExpects = "a mapping, for example {store: 24h}";
  static bool Read(const Value& value, Responses& responses);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
