#include "config/reader/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include "config/base/text.h"
#include "config/reader/units/digits.h"
#include "config/reader/units/percentage.h"
#include "config/reader/units/quantity.h"

namespace headgate::config {
namespace {

constexpr std::array kDurationUnits = {Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000},
                                       Unit{"h", 3'600'000}};
constexpr std::array kSizeUnits = {Unit{"KiB", 1 << 10}, Unit{"MiB", 1 << 20},
                                   Unit{"GiB", 1 << 30}};
constexpr std::array kTokenUnits = {Unit{"k", 1000}, Unit{"M", 1'000'000}};

// What other programs and people write.
constexpr std::array kOtherDurationUnits = {
    Unit{"msec", 1},         Unit{"milliseconds", 1},  Unit{"sec", 1000},
    Unit{"secs", 1000},      Unit{"second", 1000},     Unit{"seconds", 1000},
    Unit{"min", 60'000},     Unit{"mins", 60'000},     Unit{"minute", 60'000},
    Unit{"minutes", 60'000}, Unit{"hr", 3'600'000},    Unit{"hrs", 3'600'000},
    Unit{"hour", 3'600'000}, Unit{"hours", 3'600'000}, Unit{"d", 86'400'000},
    Unit{"day", 86'400'000}, Unit{"days", 86'400'000}};
constexpr std::array kOtherSizeUnits = {
    Unit{"kb", 1 << 10}, Unit{"mb", 1 << 20}, Unit{"gb", 1 << 30}, Unit{"k", 1 << 10},
    Unit{"m", 1 << 20},  Unit{"g", 1 << 30},  Unit{"b", 1},        Unit{"bytes", 1}};
constexpr std::string_view kNotBytes = ": tokens, not bytes";
constexpr std::array kOtherTokenUnits = {Unit{"kib", 1000, kNotBytes},
                                         Unit{"kb", 1000, kNotBytes},
                                         Unit{"mib", 1'000'000, kNotBytes},
                                         Unit{"mb", 1'000'000, kNotBytes},
                                         Unit{"token", 1},
                                         Unit{"tokens", 1}};

constexpr Quantity kDuration{
    "a duration", "50ms, 2s, 10m or 1h", kDurationUnits, kOtherDurationUnits,
    false,        7LL * 24 * 3'600'000,  "168h"};
constexpr Quantity kLongDuration{
    "a duration", "1h, 24h or 720h",     kDurationUnits, kOtherDurationUnits,
    false,        30LL * 24 * 3'600'000, "720h"};
constexpr Quantity kSize{"a size",   "32KiB, 32MiB, 1GiB or a number of bytes",
                         kSizeUnits, kOtherSizeUnits,
                         true,       1LL << 40,
                         "1024GiB"};
constexpr Quantity kTokens{"a number of tokens",
                           "4000, 32k (32,000) or 2M (2,000,000)",
                           kTokenUnits,
                           kOtherTokenUnits,
                           true,
                           kMaxTokens,
                           "1000000M"};

constexpr PercentageRange PercentagesUpTo(std::int64_t most) { return {most, "5% or 0.25%"}; }
constexpr std::int64_t kWholePercent = 100;

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

std::string CorrectedTokens(std::string_view value) { return CorrectedQuantity(value, kTokens); }

// "600" may be meant as 600ms.
std::string CorrectedDuration(std::string_view value) {
  if (!AllDigits(value)) return CorrectedQuantity(value, kDuration);
  return value.size() <= kLongestShown ? Concat(value, "ms") : std::string();
}

std::string CorrectedRate(std::string_view value) {
  return CorrectedPercentage(value, PercentagesUpTo(kWholePercent));
}

struct MostUsd {
  NanoUsd amount = 0;
  std::string_view problem;
  std::string_view fix;
};

Parsed<NanoUsd> ParseUsdUpTo(std::string_view text, const MostUsd& most) {
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
  if (!dollars || *dollars > most.amount / kNanoPerUsd ||
      *dollars * kNanoPerUsd + nanos > most.amount) {
    return Refuse<NanoUsd>(std::string(most.problem), std::string(most.fix));
  }
  return Accept(*dollars * kNanoPerUsd + nanos);
}

}  // namespace

Parsed<NanoUsd> ParseUsd(std::string_view text) {
  return ParseUsdUpTo(text, {kMaxUsdAmount, "is more than 100,000 US dollars",
                             "check the decimal point: prices are US dollars per 1M tokens"});
}

Parsed<NanoUsd> ParseBudgetUsd(std::string_view text) {
  return ParseUsdUpTo(text, {kMaxBudget, "is more than 1,000,000,000 US dollars",
                             "leave the budget out if spend has no limit"});
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
  return ParseMillionths(text, PercentagesUpTo(kWholePercent));
}

Parsed<std::int64_t> ParsePercentageUpTo(std::string_view text, int most) {
  return ParseMillionths(text, PercentagesUpTo(most));
}

Parsed<PriceShare> ParsePriceShare(std::string_view text) {
  return ParseMillionths(text, {kMostShare / kMillionthsPerPercent, "50% or 175%"});
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
  if (IsNegative(text) && min >= 0) return Refuse<std::int64_t>("is negative", fix);
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

}  // namespace headgate::config
