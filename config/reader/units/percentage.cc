#include "config/reader/units/percentage.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "config/base/text.h"
#include "config/reader/units/digits.h"

namespace headgate::config {

Parsed<std::int64_t> ParseMillionths(std::string_view text, const PercentageRange& range) {
  constexpr std::size_t kDecimals = 4;
  const std::string fix =
      Concat("write a percentage from 0% to ", range.most, "%, for example ", range.examples);
  if (IsNegative(text)) return Refuse<std::int64_t>("is negative", fix);
  if (!text.ends_with('%')) {
    const std::string corrected = CorrectedPercentage(text, range);
    if (corrected.empty()) return Refuse<std::int64_t>("is not a percentage", fix);
    return Refuse<std::int64_t>("has no percent sign", Concat("write ", corrected));
  }
  const std::string_view number = Trim(text.substr(0, text.size() - 1));
  const std::size_t point = std::min(number.find('.'), number.size());
  std::string digits(number.substr(0, point));
  std::string fraction(number.substr(std::min(point + 1, number.size())));
  const bool has_no_point = point == number.size();
  if (!AllDigits(digits) || (!has_no_point && !AllDigits(fraction)) ||
      fraction.size() > kDecimals) {
    return Refuse<std::int64_t>("is not a percentage", fix);
  }
  fraction.resize(kDecimals, '0');
  const std::optional<std::int64_t> millionths = ToInteger(digits + fraction);
  if (!millionths || *millionths > range.most * kMillionthsPerPercent) {
    return Refuse<std::int64_t>(Concat("is more than ", range.most, "%"), fix);
  }
  return Accept(*millionths);
}

// Below 1 the decimal point moves by two digits.
std::string CorrectedPercentage(std::string_view text, const PercentageRange& range) {
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string whole(text.substr(0, point));
  std::string decimals(text.substr(std::min(point + 1, text.size())));
  if (!AllDigits(whole) || (point < text.size() && !AllDigits(decimals)) ||
      whole.size() + decimals.size() > kLongestShown + 1) {
    return {};
  }
  if (ToInteger(whole) == 0) {
    decimals.resize(std::max<std::size_t>(decimals.size(), 2), '0');
    whole = decimals.substr(0, 2);
    whole.erase(0, whole.starts_with('0') ? 1 : 0);
    decimals.erase(0, 2);
  }
  decimals.erase(decimals.find_last_not_of('0') + 1);
  std::string corrected = Concat(whole, decimals.empty() ? "" : ".", decimals, "%");
  return ParseMillionths(corrected, range).value ? corrected : std::string();
}

}  // namespace headgate::config
