#include "config/reader/units/digits.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "config/base/text.h"

namespace headgate::config {

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

bool IsNegative(std::string_view text) {
  return text.size() > 1 && text[0] == '-' && IsDigit(text[1]);
}

std::optional<std::int64_t> ToInteger(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace headgate::config
