#pragma once

#include <string_view>

#include "config/base/parsed.h"
#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// Parses "https://hooks.example.com/services/T0/B0/x?y=z": server, path and query of
// Alerts::webhook and Alerts::target. A complaint repeats nothing of `text`, which may be a secret.
// Pure and thread-safe.
Parsed<Alerts> ParseWebhook(std::string_view text);

// `alerts`. Stateless and thread-safe.
struct AlertsSection {
  static constexpr std::string_view kExpects =
      "a mapping, for example {webhook: \"https://hooks.example.com/…\"}";
  static bool Read(const Value& value, Alerts& alerts);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
