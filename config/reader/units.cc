#include "config/reader/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <system_error>
#include <utility>

#include "config/base/text.h"

namespace headgate::config {
namespace {

template <typename T>
Parsed<T> Refuse(std::string problem, std::string fix) {
  return {std::nullopt, {std::move(problem), std::move(fix)}};
}

template <typename T>
Parsed<T> Accept(T value) {
  return {value, {}};
}

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

// The value of the digits; no value when it does not fit.
std::optional<std::int64_t> ToInteger(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// Digits that a complaint may repeat: longer ones may be a secret.
constexpr std::size_t kLongestShown = 6;

// The number as the operator wrote it when it is short enough to be shown, else an example.
std::string Shown(std::string_view digits, std::string_view example) {
  return std::string(AllDigits(digits) && digits.size() <= kLongestShown ? digits : example);
}

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

// The spelling of a quantity, and the words for its mistakes.
struct Quantity {
  std::string_view noun;
  std::string_view examples;
  std::span<const Unit> units;
  bool bare_allowed;
  std::int64_t max;
  std::string_view most;  // `max` as it is written
};

constexpr std::array kDurationUnits = {Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000},
                                       Unit{"h", 3'600'000}};
constexpr std::array kSizeUnits = {Unit{"KiB", 1 << 10}, Unit{"MiB", 1 << 20},
                                   Unit{"GiB", 1 << 30}};
constexpr std::array kTokenUnits = {Unit{"k", 1000}, Unit{"M", 1'000'000}};

constexpr Quantity kDuration{"a duration", "50ms, 2s, 10m or 1h", kDurationUnits,
                             false,        7LL * 24 * 3'600'000,  "168h"};
constexpr Quantity kLongDuration{"a duration", "1h, 24h or 720h",     kDurationUnits,
                                 false,        30LL * 24 * 3'600'000, "720h"};
constexpr Quantity kSize{
    "a size", "32KiB, 32MiB, 1GiB or a number of bytes", kSizeUnits, true, 1LL << 40, "1024GiB"};
constexpr Quantity kTokens{"a number of tokens", "4000, 32k (32,000) or 2M (2,000,000)",
                           kTokenUnits,          true,
                           kMaxTokens,           "1000000M"};

// "32k" for "32K": the unit is known, but spelled in the wrong case. Empty when that is not the
// mistake.
std::string CorrectedUnit(std::string_view text, std::span<const Unit> units) {
  const auto split = std::find_if_not(text.begin(), text.end(), IsDigit);
  const std::string_view digits(text.begin(), split);
  const std::string unit = Lower(Trim(text.substr(digits.size())));
  if (digits.empty() || digits.size() > kLongestShown) return {};
  for (const Unit& known : units) {
    if (Lower(known.name) == unit) return Concat(digits, known.name);
  }
  return {};
}

Parsed<std::int64_t> ParseQuantity(std::string_view text, const Quantity& quantity) {
  const auto split = std::find_if_not(text.begin(), text.end(), IsDigit);
  const std::string_view digits(text.begin(), split);
  const std::string_view unit = Trim(text.substr(static_cast<std::size_t>(split - text.begin())));
  const std::string examples = Concat("write ", quantity.examples);
  if (digits.empty()) {
    return Refuse<std::int64_t>(Concat("is not ", quantity.noun), examples);
  }
  if (unit.empty() && !quantity.bare_allowed) {
    const std::string number = Shown(digits, "30");
    return Refuse<std::int64_t>("has no unit",
                                Concat("write ", number, "ms, ", number, "s or ", number, "m"));
  }
  if (!unit.empty() && unit.front() == '.') {
    return Refuse<std::int64_t>("is not a whole number",
                                "use the next smaller unit, for example 1500ms, 1500k or 1536KiB");
  }
  std::int64_t factor = unit.empty() ? 1 : 0;
  for (const Unit& known : quantity.units) {
    if (unit == known.name) factor = known.factor;
  }
  if (factor == 0) {
    const std::string corrected = CorrectedUnit(text, quantity.units);
    return Refuse<std::int64_t>(
        "has a unit that is not known",
        corrected.empty() ? examples : Concat("write ", corrected, ": units are case-sensitive"));
  }
  const std::optional<std::int64_t> number = ToInteger(digits);
  if (!number || *number > quantity.max / factor) {
    return Refuse<std::int64_t>(Concat("is too large for ", quantity.noun),
                                Concat("write at most ", quantity.most));
  }
  return Accept(*number * factor);
}

struct Sign {
  std::string_view text;
  Comparator op;
};

// Longer signs first, so that ">=" is not read as ">" and a stray "=".
constexpr std::array kSigns = {
    Sign{">=", Comparator::kGreaterEqual}, Sign{"<=", Comparator::kLessEqual},
    Sign{"==", Comparator::kEqual},        Sign{">", Comparator::kGreater},
    Sign{"<", Comparator::kLess},          Sign{"=", Comparator::kEqual}};

// `OP VALUE`, with the value read by `parse`. `corrected` gives the spelling of a value that
// `parse` refuses, where it can be told, else an empty text; `fix` has examples of whole
// comparisons.
template <typename Compared, typename Parse, typename Correct>
Parsed<Compared> ParseCompared(std::string_view text, Parse parse, Correct corrected,
                               std::string_view fix) {
  const auto* const sign = std::find_if(kSigns.begin(), kSigns.end(), [&](const Sign& known) {
    return text.starts_with(known.text);
  });
  if (sign == kSigns.end()) {
    if (!parse(text).value) return Refuse<Compared>("is not a comparison", std::string(fix));
    return Refuse<Compared>("needs a comparison sign",
                            Concat("write \">= ", text, "\" or \"<= ", text, "\""));
  }
  const std::string_view value = Trim(text.substr(sign->text.size()));
  auto parsed = parse(value);
  if (parsed.value) return Accept(Compared{sign->op, *parsed.value});
  if (value.empty() || !IsDigit(value.front())) {
    return Refuse<Compared>("is not a comparison", std::string(fix));
  }
  const std::string spelling = corrected(value);
  if (spelling.empty()) {
    return Refuse<Compared>(std::move(parsed.complaint.problem), std::move(parsed.complaint.fix));
  }
  return Refuse<Compared>(std::move(parsed.complaint.problem),
                          Concat("write \"", sign->text, " ", spelling, "\""));
}

std::string NotCorrected(std::string_view) { return {}; }

std::string CorrectedTokens(std::string_view value) { return CorrectedUnit(value, kTokenUnits); }

// "600" may be meant as 600ms.
std::string CorrectedDuration(std::string_view value) {
  if (!AllDigits(value)) return CorrectedUnit(value, kDurationUnits);
  return value.size() <= kLongestShown ? Concat(value, "ms") : std::string();
}

// "0.05" is meant as 5%: the decimal point moves by two digits.
std::string CorrectedRate(std::string_view value) {
  constexpr std::size_t kMostDecimals = 6;
  if (!value.starts_with("0.") || !AllDigits(value.substr(2)) || value.size() > kMostDecimals + 2) {
    return {};
  }
  std::string decimals(value.substr(2));
  if (decimals.size() < 2) decimals.resize(2, '0');
  std::string whole = decimals.substr(0, 2);
  whole.erase(0, whole.starts_with('0') ? 1 : 0);
  std::string fraction = decimals.substr(2);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return Concat(whole, fraction.empty() ? "" : ".", fraction, "%");
}

}  // namespace

Parsed<NanoUsd> ParseUsd(std::string_view text) {
  constexpr std::string_view kFix = "write US dollars as a plain decimal, for example 0.55";
  constexpr std::size_t kFractionDigits = 9;
  if (!text.empty() && text.front() == '$') text.remove_prefix(1);
  if (!text.empty() && text.front() == '-') {
    return Refuse<NanoUsd>("is negative", "write 0 or more US dollars");
  }
  if (text.find_first_of("eE") != std::string_view::npos && text.find_first_of("0123456789") == 0) {
    return Refuse<NanoUsd>("has an exponent", std::string(kFix));
  }
  if (text.find(',') != std::string_view::npos) {
    return Refuse<NanoUsd>("has a comma", "write a decimal point and no thousands separators");
  }
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view("0") : text.substr(point + 1);
  if (!AllDigits(whole) || !AllDigits(fraction)) {
    return Refuse<NanoUsd>("is not an amount of money", std::string(kFix));
  }
  const std::size_t significant = fraction.find_last_not_of('0') + 1;  // npos + 1 is 0
  if (significant > kFractionDigits) {
    return Refuse<NanoUsd>("is finer than 1e-9 US dollars", "round it to nine decimals");
  }
  std::string digits(fraction.substr(0, significant));
  digits.resize(kFractionDigits, '0');
  const std::optional<std::int64_t> dollars = ToInteger(whole);
  const NanoUsd nanos = ToInteger(digits).value_or(0);
  if (!dollars || *dollars > kMaxUsdAmount / kNanoPerUsd ||
      *dollars * kNanoPerUsd + nanos > kMaxUsdAmount) {
    return Refuse<NanoUsd>("is more than 100,000 US dollars",
                           "check the decimal point: prices are US dollars per 1M tokens");
  }
  return Accept(*dollars * kNanoPerUsd + nanos);
}

Parsed<Milliseconds> ParseDuration(std::string_view text) {
  Parsed<std::int64_t> parsed = ParseQuantity(text, kDuration);
  if (!parsed.value) return {std::nullopt, std::move(parsed.complaint)};
  return Accept(Milliseconds(*parsed.value));
}

Parsed<Milliseconds> ParseLongDuration(std::string_view text) {
  Parsed<std::int64_t> parsed = ParseQuantity(text, kLongDuration);
  if (!parsed.value) return {std::nullopt, std::move(parsed.complaint)};
  return Accept(Milliseconds(*parsed.value));
}

Parsed<std::int64_t> ParseSize(std::string_view text) { return ParseQuantity(text, kSize); }

Parsed<std::int64_t> ParseTokens(std::string_view text) { return ParseQuantity(text, kTokens); }

Parsed<Comparison> ParseComparison(std::string_view text) {
  return ParseCompared<Comparison>(text, ParseTokens, CorrectedTokens,
                                   "write \">= 32k\" or \"< 4000\"");
}

Parsed<Comparison> ParseUsdComparison(std::string_view text) {
  return ParseCompared<Comparison>(text, ParseUsd, NotCorrected,
                                   "write \"<= $5\" or \"< 0.55\", US dollars per 1M tokens");
}

Parsed<Comparison> ParseDurationComparison(std::string_view text) {
  const auto parse = [](std::string_view duration) -> Parsed<std::int64_t> {
    const Parsed<Milliseconds> parsed = ParseDuration(duration);
    if (!parsed.value) return {std::nullopt, parsed.complaint};
    return {parsed.value->count(), {}};
  };
  return ParseCompared<Comparison>(text, parse, CorrectedDuration,
                                   "write \"<= 3s\" or \"< 250ms\"");
}

Parsed<Comparison> ParseRateComparison(std::string_view text) {
  return ParseCompared<Comparison>(text, ParsePercentage, CorrectedRate,
                                   "write \"<= 5%\" or \"< 0.5%\"");
}

Parsed<ScoreComparison> ParseScoreComparison(std::string_view text) {
  return ParseCompared<ScoreComparison>(text, ParseScore, NotCorrected,
                                        "write \">= 90\" or \"> 83.3\"");
}

Parsed<std::int64_t> ParsePercentage(std::string_view text) {
  return ParsePercentageUpTo(text, 100);
}

Parsed<std::int64_t> ParsePercentageUpTo(std::string_view text, int most) {
  const std::string fix =
      Concat("write a percentage from 0% to ", most, "%, for example 5% or 0.25%");
  constexpr std::size_t kDecimals = 4;
  constexpr std::int64_t kMillionthsPerPercent = 10'000;
  if (!text.ends_with('%')) return Refuse<std::int64_t>("is not a percentage", fix);
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
  if (!millionths || *millionths > most * kMillionthsPerPercent) {
    return Refuse<std::int64_t>(Concat("is more than ", most, "%"), fix);
  }
  return Accept(*millionths);
}

Parsed<bool> ParseFlag(std::string_view text) {
  if (text == "true") return Accept(true);
  if (text == "false") return Accept(false);
  return Refuse<bool>("is neither true nor false", "write true or false");
}

Parsed<std::int64_t> ParseInteger(std::string_view text, std::int64_t min, std::int64_t max) {
  const std::string fix = Concat("write a whole number from ", min, " to ", max);
  std::string_view digits = text;
  if (!digits.empty() && digits.front() == '-') digits.remove_prefix(1);
  if (!AllDigits(digits)) return Refuse<std::int64_t>("is not a whole number", fix);
  const std::optional<std::int64_t> value = ToInteger(text);
  if (!value || *value < min || *value > max) return Refuse<std::int64_t>("is out of range", fix);
  return Accept(*value);
}

Parsed<double> ParseScore(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0) ||
      !(value <= 10'000)) {
    return Refuse<double>("is not a score", "write a number from 0 to 10000, for example 83.3");
  }
  return Accept(value);
}

Parsed<TargetReference> ParseTarget(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == text.size() ||
      text.find('@', at + 1) != std::string_view::npos) {
    return {std::nullopt,
            {"is not a target", "write model@backend, for example gpt-4.1-mini@openai"}};
  }
  TargetReference target;
  target.model = std::string(text.substr(0, at));
  target.backend = std::string(text.substr(at + 1));
  return {std::move(target), {}};
}

}  // namespace headgate::config
