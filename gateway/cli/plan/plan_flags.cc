#include "gateway/cli/plan/plan_flags.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "config/base/suggest.h"
#include "config/base/text.h"
#include "config/catalog.h"
#include "config/reader/units.h"
#include "policy/money/cost.h"
#include "policy/plan/month.h"

namespace headgate::gateway {
namespace {

using config::Parsed;
__extension__ using Wide = __int128;

template <typename T>
Parsed<T> No(std::string problem, std::string fix) {
  return {std::nullopt, {std::move(problem), std::move(fix)}};
}

struct Suffix {
  char letter;
  std::int64_t factor;
};
constexpr std::array kSuffixes = {Suffix{'k', 1'000}, Suffix{'M', 1'000'000},
                                  Suffix{'B', 1'000'000'000}, Suffix{'T', 1'000'000'000'000}};

// A decimal with an optional suffix, times `scale`, as a whole number up to `most`.
std::optional<std::int64_t> Amount(std::string_view text, std::int64_t scale, std::int64_t most) {
  Wide factor = scale;
  for (const Suffix& suffix : kSuffixes) {
    if (text.empty() || text.back() != suffix.letter) continue;
    factor *= suffix.factor;
    text.remove_suffix(1);
    break;
  }
  constexpr std::size_t kMostDigits = 16;  // so that products stay below 2^127
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  const std::string digits =
      absl::StrCat(std::string(text.substr(0, point)), std::string(fraction));
  const bool number = point > 0 && (point == text.size() || !fraction.empty()) &&
                      digits.size() <= kMostDigits &&
                      std::all_of(digits.begin(), digits.end(), config::IsDigit);
  std::int64_t value = 0;
  if (!number || !absl::SimpleAtoi(digits, &value)) return std::nullopt;
  Wide product = value * factor;
  for (std::size_t i = 0; i < fraction.size(); ++i) {
    if (product % 10 != 0) return std::nullopt;
    product /= 10;
  }
  if (product > most) return std::nullopt;
  return static_cast<std::int64_t>(product);
}

// Splits `NAME=VALUE`; without '=' the name is empty.
std::pair<std::string, std::string_view> SplitName(std::string_view text) {
  const std::size_t cut = text.find('=');
  if (cut == std::string_view::npos) return {"", text};
  return {std::string(text.substr(0, cut)), text.substr(cut + 1)};
}

// Tokens, or requests x tokens.
std::optional<std::int64_t> TokenAmount(std::string_view text) {
  const std::size_t cut = text.find('x');
  if (cut == std::string_view::npos) return Amount(text, 1, policy::kMostTokens);
  const auto requests = Amount(text.substr(0, cut), 1, policy::kMostTokens);
  const auto each = Amount(text.substr(cut + 1), 1, policy::kMostTokens);
  if (!requests || !each) return std::nullopt;
  const std::int64_t product = policy::Product(*requests, *each);
  return product > policy::kMostTokens ? std::nullopt : std::optional(product);
}

// An amount of a period, as that of a month.
std::optional<std::int64_t> OfMonth(std::int64_t amount, std::string_view period) {
  if (period == "hour") return policy::MonthFromHour(amount);
  if (period == "day") return policy::MonthFromDay(amount);
  if (period == "month") return amount;
  return std::nullopt;
}

using Hours = policy::HourProfile;

struct NamedHours {
  std::string_view name;
  Hours hours;
};
// Shapes, not measurements: their busiest hours have 1, 1.5 and 2.4 times the average.
constexpr std::array kNamedHours = {
    NamedHours{"flat", {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    NamedHours{"day", {2, 1, 1, 1, 1, 2, 3, 5, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 8, 7, 5, 3}},
    NamedHours{"office",
               {1, 1, 1, 1, 1, 1, 2, 6, 14, 18, 18, 16, 12, 16, 18, 18, 16, 10, 4, 2, 1, 1, 1, 1}}};

constexpr std::string_view kApiForms =
    "write USD per 1M tokens as 3.00, INPUT/OUTPUT as 0.55/2.19, INPUT/CACHED/OUTPUT as "
    "0.55/0.14/2.19, or a model of the catalogue";

Parsed<ApiValue> FromCatalogue(const std::string& name, const std::string& model) {
  std::vector<std::string> known;
  for (const config::Model& entry : config::ShippedModels()) {
    const auto& aliases = entry.aliases;
    if (entry.name == model || std::find(aliases.begin(), aliases.end(), model) != aliases.end()) {
      if (!entry.price) {
        return No<ApiValue>("has no price in the catalogue",
                            absl::StrCat("write its price, for example ", model, "=0.55/2.19"));
      }
      const config::PriceRow& row = policy::LastList(*entry.price).standard;
      return {ApiValue{{name.empty() ? entry.name : name, row}, true}, {}};
    }
    if (entry.price) known.push_back(entry.name);
  }
  const std::optional<std::string> near = config::Nearest(model, known);
  return No<ApiValue>("is neither a price nor a model of the catalogue",
                      near ? absl::StrCat("did you mean ", *near, "? ", std::string(kApiForms))
                           : std::string(kApiForms));
}

}  // namespace

Parsed<ClassValue> ParseVolume(std::string_view text) {
  constexpr const char* kFix =
      "write tokens and a period, such as 500M/day, code=1.5B/month or batch=100kx2000/day "
      "(requests x tokens of each), up to 1000T a month";
  const auto [name, value] = SplitName(text);
  const std::size_t cut = value.rfind('/');
  if (cut == std::string_view::npos) return No<ClassValue>("has no period", kFix);
  const std::optional<std::int64_t> amount = TokenAmount(value.substr(0, cut));
  if (!amount) return No<ClassValue>("is not a number of tokens", kFix);
  const std::optional<std::int64_t> month = OfMonth(*amount, value.substr(cut + 1));
  if (!month) return No<ClassValue>("has an unknown period", kFix);
  if (*month == 0) return No<ClassValue>("is no traffic", "write a volume above 0");
  if (*month > policy::kMostTokens) return No<ClassValue>("is too much", kFix);
  return {ClassValue{name, *month}, {}};
}

std::optional<std::int64_t> ParseTimes(std::string_view text) {
  constexpr std::int64_t kMost = 10'000 * policy::kMillion;
  if (!text.ends_with('x')) return std::nullopt;
  text.remove_suffix(1);
  const std::optional<std::int64_t> times = Amount(text, policy::kMillion, kMost);
  return times == 0 ? std::nullopt : times;
}

Parsed<ClassValue> ParseShare(std::string_view text) {
  const auto [name, value] = SplitName(text);
  Parsed<std::int64_t> share = config::ParsePercentage(value);
  if (!share.value) return {std::nullopt, share.complaint};
  return {ClassValue{name, *share.value}, {}};
}

Parsed<std::int64_t> ParseGrowth(std::string_view text) {
  const bool shrinks = !text.empty() && text.front() == '-';
  Parsed<std::int64_t> growth = config::ParsePercentage(shrinks ? text.substr(1) : text);
  if (growth.value && shrinks) growth.value = -*growth.value;
  if (growth.value == -policy::kMillion) {
    return No<std::int64_t>("leaves no traffic", "write a growth a month above -100%");
  }
  return growth;
}

Parsed<NanoUsd> ParseRent(std::string_view text) {
  const std::size_t cut = std::min(text.find('/'), text.size());
  const std::string_view period = cut == text.size() ? "hour" : text.substr(cut + 1);
  Parsed<NanoUsd> rent = config::ParseUsd(text.substr(0, cut));
  if (!rent.value) return rent;
  rent.value = OfMonth(*rent.value, period);
  if (rent.value) return rent;
  return No<NanoUsd>("has an unknown period",
                     "write USD for one replica as 2.10 (an hour), 50/day or 2500/month");
}

Parsed<std::int64_t> ParseThroughput(std::string_view text) {
  constexpr std::int64_t kMostPerHour = 3'600'000'000'000;  // 1e9 tokens/s
  const std::optional<std::int64_t> tokens = Amount(text, 3600, kMostPerHour);
  if (tokens && *tokens > 0) return {tokens, {}};
  return No<std::int64_t>("is not a throughput",
                          "write the tokens a second of one replica, input and output together, "
                          "such as 2500 or 2.5k");
}

Parsed<std::int64_t> ParsePeak(std::string_view text) {
  const std::optional<std::int64_t> peak = Amount(text, policy::kMillion, 1000 * policy::kMillion);
  if (peak && *peak >= policy::kMillion) return {peak, {}};
  return No<std::int64_t>("is not a peak factor",
                          "write how many times the average the busiest moment is, 1 to 1000, "
                          "such as 2.5");
}

Parsed<Hours> ParseHours(std::string_view text) {
  for (const NamedHours& named : kNamedHours) {
    if (named.name == text) return {named.hours, {}};
  }
  constexpr const char* kFix =
      "write flat, day, office, or 24 whole weights from midnight on, such as 1,1,1,1,1,2,4,8,9,9,"
      "9,9,9,9,9,9,9,8,6,4,3,2,1,1";
  const std::vector<std::string> parts = absl::StrSplit(std::string(text), ',');
  if (parts.size() == 1) return No<Hours>("is not a profile of hours", kFix);
  Hours hours{};
  if (parts.size() != hours.size()) {
    return No<Hours>(absl::StrCat("has ", parts.size(), " weights"), kFix);
  }
  constexpr std::int64_t kMostWeight = 1'000'000'000;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Parsed<std::int64_t> weight = config::ParseInteger(parts[i], 0, kMostWeight);
    if (!weight.value) return No<Hours>("has a weight that is not a whole number", kFix);
    sum += hours[i] = *weight.value;
  }
  if (sum == 0) return No<Hours>("has no hour with traffic", kFix);
  return {hours, {}};
}

Parsed<ApiValue> ParseApi(std::string_view text) {
  auto [name, value] = SplitName(text);
  const std::vector<std::string> parts = absl::StrSplit(std::string(value), '/');
  std::vector<NanoUsdPerMillion> prices;
  for (const std::string& part : parts) {
    if (const Parsed<NanoUsd> price = config::ParseUsd(part); price.value) {
      prices.push_back(*price.value);
    }
  }
  if (prices.size() != parts.size()) return FromCatalogue(name, std::string(value));
  if (prices.size() > 3) return No<ApiValue>("has too many prices", std::string(kApiForms));
  ApiValue priced;
  policy::PaidTarget& target = priced.target;
  target.name = name.empty() ? "API" : std::move(name);
  target.price.input = prices.front();
  target.price.output = prices.back();
  if (prices.size() == 3) target.price.cached_input = prices[1];
  return {priced, {}};
}

}  // namespace headgate::gateway
