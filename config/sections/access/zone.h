#pragma once

#include <string>
#include <string_view>

#include "config/reader/fields.h"

namespace headgate::config {

// An IANA name of a time zone that this system has a file for. Stateless and thread-safe.
struct Zone {
  static constexpr std::string_view kExpects = "a time zone, for example Europe/Berlin";
  static bool Read(const Value& value, std::string& out);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
