#pragma once

#include <string>
#include <string_view>

namespace headgate::routing {

// One labelled text.
struct Example {
  std::string text;
  std::string topic;
  std::string source;
  std::string language = {};  // such as `de`; empty: not known
};

// The label of texts that do not say what they are about, such as "yes" or "what does this do?".
inline constexpr std::string_view kBareTexts = "-bare";

// Whether texts of this source were composed (composer.h), and are not real traffic.
inline bool IsOwnSource(std::string_view source) { return source.starts_with("own-"); }

}  // namespace headgate::routing
