#pragma once

#include <algorithm>
#include <string_view>

#include "config/base/text.h"

namespace headgate::routing {

// Operations on ASCII beyond config/base/text.h. Pure; allocates nothing. Inline, because some of
// them run for each byte of a prompt.

using config::IsAlphanumeric;
using config::IsDigit;
using config::IsLetter;
using config::Lowered;
using config::Trim;

constexpr bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

inline bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lowered(x) == Lowered(y); });
}

inline bool Contains(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

}  // namespace headgate::routing
