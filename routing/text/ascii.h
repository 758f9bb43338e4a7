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

constexpr bool IsWord(char c) { return IsAlphanumeric(c) || c == '_'; }

inline bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lowered(x) == Lowered(y); });
}

// Whether `what` is one of the first `kPlaces` places where `text` has its first byte. The limit
// keeps a text of such bytes alone from costing several nanoseconds for each of them. REQUIRES:
// `what` is not empty.
inline bool Contains(std::string_view text, std::string_view what) {
  constexpr int kPlaces = 64;
  std::size_t at = text.find(what.front());
  for (int place = 0; place < kPlaces && at != std::string_view::npos; ++place) {
    if (text.substr(at).starts_with(what)) return true;
    at = text.find(what.front(), at + 1);
  }
  return false;
}

}  // namespace headgate::routing
