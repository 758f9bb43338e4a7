#pragma once

#include <string>
#include <string_view>

namespace headgate::routing {

// One labelled text.
struct Example {
  std::string text;
  std::string topic;
  std::string source;
};

// Whether texts of this source were composed here (composer.h), so that it is nobody's traffic.
inline bool IsOwnSource(std::string_view source) { return source.starts_with("own-"); }

}  // namespace headgate::routing
