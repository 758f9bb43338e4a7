#include "config/reader/units/quantity.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "config/reader/units/digits.h"

namespace headgate::config {
namespace {

// A decimal number and its unit: "1" and "h" of "1h30m".
struct AmountPart {
  std::string whole;
  std::string fraction;
  std::string_view unit;
};

// Separates "412,000" and "1.5" into the digits before and after the decimal point. A comma that
// does not separate thousands is a decimal point.
bool SplitNumber(std::string_view number, AmountPart& part) {
  constexpr std::size_t kGroup = 3;
  const std::size_t point = std::min(number.find('.'), number.size());
  std::string_view whole = number.substr(0, point);
  std::string_view fraction = number.substr(std::min(point + 1, number.size()));
  const std::size_t comma = std::min(whole.find(','), whole.size());
  const bool is_decimal = comma < whole.size() &&
                          whole.find(',', comma + 1) == std::string_view::npos &&
                          point == number.size() && whole.size() - comma - 1 != kGroup;
  if (is_decimal) {
    fraction = whole.substr(comma + 1);
    whole = whole.substr(0, comma);
  } else if (comma < whole.size() && comma > kGroup) {
    return false;
  }
  for (std::size_t at = is_decimal ? whole.size() : comma; at < whole.size();) {
    const std::size_t next = std::min(whole.find(',', at + 1), whole.size());
    if (next - at - 1 != kGroup) return false;
    at = next;
  }
  part.whole = ReplaceAll(std::string(whole), ",", "");
  part.fraction = std::string(fraction);
  const bool has_fraction = whole.size() < number.size();
  return AllDigits(part.whole) && (!has_fraction || AllDigits(part.fraction));
}

// The parts of "1h30m"; none if the text is something else.
std::vector<AmountPart> SplitAmount(std::string_view text) {
  std::vector<AmountPart> parts;
  while (!text.empty()) {
    const std::size_t unit = std::min(text.find_first_not_of("0123456789.,"), text.size());
    const std::size_t next = std::min(text.find_first_of("0123456789", unit), text.size());
    AmountPart part;
    if (!SplitNumber(text.substr(0, unit), part)) return {};
    part.unit = Trim(text.substr(unit, next - unit));
    parts.push_back(std::move(part));
    text.remove_prefix(next);
  }
  return parts;
}

// The unit that was probably meant. A text without a unit has the factor 1, if that is allowed.
std::optional<Unit> MeantUnit(std::string_view written, const Quantity& quantity) {
  if (written.empty()) {
    return quantity.bare_allowed ? std::optional(Unit{"", 1}) : std::nullopt;
  }
  const std::string lower = Lower(written);
  for (const Unit& unit : quantity.units) {
    if (Lower(unit.name) == lower) return unit;
  }
  for (const Unit& unit : quantity.others) {
    if (unit.name == lower) return unit;
  }
  return std::nullopt;
}

// In the largest unit that needs no fraction. Empty if there is no such unit.
std::string SpelledAmount(std::int64_t amount, const Quantity& quantity) {
  for (auto unit = quantity.units.rbegin(); unit != quantity.units.rend(); ++unit) {
    if (amount > 0 && amount % unit->factor == 0) {
      return Concat(amount / unit->factor, unit->name);
    }
  }
  return quantity.bare_allowed ? Concat(amount) : std::string();
}

// With the digits as they were written, if a unit that is accepted has the same factor.
std::string SpelledAlike(std::string_view digits, const Unit& meant, const Quantity& quantity) {
  if (meant.factor == 1 && quantity.bare_allowed) return std::string(digits);
  for (const Unit& unit : quantity.units) {
    if (unit.factor == meant.factor) return Concat(digits, unit.name);
  }
  return {};
}

// What an amount was probably meant to be.
struct MeantAmount {
  std::int64_t amount = 0;
  std::string spelling;
  std::string_view note;
  bool same_unit = false;  // only the case of its letters is wrong
  bool bare = false;       // it has no unit
  std::size_t parts = 0;
};

std::optional<MeantAmount> Meant(std::string_view text, const Quantity& quantity) {
  constexpr std::size_t kMostParts = 4;          // days, hours, minutes and seconds
  constexpr std::size_t kLongestWithCommas = 9;  // secrets have no commas
  const std::vector<AmountPart> parts = SplitAmount(text);
  if (parts.empty() || parts.size() > kMostParts) return std::nullopt;
  const bool has_comma = text.find(',') != std::string_view::npos;
  const std::size_t longest = has_comma ? kLongestWithCommas : kLongestShown;
  MeantAmount meant;
  meant.parts = parts.size();
  for (const AmountPart& part : parts) {
    const std::optional<Unit> unit = MeantUnit(part.unit, quantity);
    if (!unit || (part.unit.empty() && parts.size() > 1)) return std::nullopt;
    if (part.whole.size() + part.fraction.size() > longest) return std::nullopt;
    std::int64_t scale = 1;
    for (std::size_t i = 0; i < part.fraction.size(); ++i) scale *= 10;
    const std::int64_t scaled = ToInteger(part.whole + part.fraction).value_or(0) * unit->factor;
    if (scaled % scale != 0) return std::nullopt;
    meant.amount += scaled / scale;
    meant.note = unit->note;
    meant.same_unit =
        std::any_of(quantity.units.begin(), quantity.units.end(),
                    [&](const Unit& known) { return Lower(known.name) == Lower(part.unit); });
    meant.bare = part.unit.empty();
    if (parts.size() == 1 && part.fraction.empty()) {
      meant.spelling = SpelledAlike(part.whole, *unit, quantity);
    }
  }
  if (meant.spelling.empty()) meant.spelling = SpelledAmount(meant.amount, quantity);
  return meant.spelling.empty() ? std::nullopt : std::optional(std::move(meant));
}

// The complaint about an amount that begins with a digit and is not spelled correctly.
Complaint ComplaintOf(std::string_view text, const Quantity& quantity) {
  const std::string examples = Concat("write ", quantity.examples);
  if (text.ends_with('%')) return {"is a share", examples};
  const bool has_comma = text.find(',') != std::string_view::npos;
  const bool has_point = text.find('.') != std::string_view::npos;
  std::string problem = "has a unit that is not known";
  if (has_point) problem = "is not a whole number";
  if (has_comma) problem = "has a comma";
  const std::optional<MeantAmount> meant = Meant(text, quantity);
  if (!meant) return {problem, examples};
  if (meant->amount > quantity.max) {
    return {Concat("is too large for ", quantity.noun), Concat("write at most ", quantity.most)};
  }
  std::string fix = Concat("write ", meant->spelling);
  if (has_comma) {
    const std::string shorter = SpelledAmount(meant->amount, quantity);
    if (meant->bare && shorter != meant->spelling) fix += Concat(" or ", shorter);
    return {problem, Concat(fix, ", without a comma")};
  }
  if (meant->parts > 1) return {"has more than one unit", fix};
  if (meant->same_unit && !has_point) return {problem, fix + ": units are case-sensitive"};
  return {problem, Concat(fix, meant->note)};
}

}  // namespace

Parsed<std::int64_t> ParseQuantity(std::string_view text, const Quantity& quantity) {
  const auto split = std::find_if_not(text.begin(), text.end(), IsDigit);
  const std::string_view digits(text.begin(), split);
  const std::string_view unit = Trim(text.substr(digits.size()));
  if (digits.empty()) {
    return Refuse<std::int64_t>(
        IsNegative(text) ? std::string("is negative") : Concat("is not ", quantity.noun),
        Concat("write ", quantity.examples));
  }
  if (unit.empty() && !quantity.bare_allowed) {
    const std::string number(digits.size() <= kLongestShown ? digits : "30");
    return Refuse<std::int64_t>("has no unit",
                                Concat("write ", number, "ms, ", number, "s or ", number, "m"));
  }
  std::int64_t factor = unit.empty() ? 1 : 0;
  for (const Unit& known : quantity.units) {
    if (unit == known.name) factor = known.factor;
  }
  if (factor == 0) return {std::nullopt, ComplaintOf(Trim(text), quantity)};
  const std::optional<std::int64_t> number = ToInteger(digits);
  if (!number || *number > quantity.max / factor) {
    return Refuse<std::int64_t>(Concat("is too large for ", quantity.noun),
                                Concat("write at most ", quantity.most));
  }
  return Accept(*number * factor);
}

std::string CorrectedQuantity(std::string_view text, const Quantity& quantity) {
  const std::optional<MeantAmount> meant = Meant(Trim(text), quantity);
  return meant && meant->amount <= quantity.max ? meant->spelling : std::string();
}

}  // namespace headgate::config
