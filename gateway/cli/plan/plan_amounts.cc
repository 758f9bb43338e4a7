#include "gateway/cli/plan/plan_amounts.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "policy/plan/month.h"

namespace headgate::gateway {
namespace {

// With `decimals`, without zeros at the end.
std::string Trimmed(double value, int decimals) {
  std::string text = absl::StrFormat("%.*f", decimals, value);
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

std::string CountText(std::int64_t count) {
  std::string text = absl::StrCat(count);
  for (std::size_t place = text.size(); place > 3; place -= 3) text.insert(place - 3, 1, ',');
  return text;
}

std::string MoneyText(NanoUsd amount) {
  constexpr NanoUsd kCents = 10'000;  // dollars; at least so many are shown without cents
  if (amount >= kCents * kNanoPerUsd) {
    return absl::StrCat("$", CountText(policy::Scaled(amount, 1, kNanoPerUsd)));
  }
  const std::int64_t cents = policy::Scaled(amount, 100, kNanoPerUsd);
  return absl::StrFormat("$%s.%02d", CountText(cents / 100), cents % 100);
}

std::string TokensText(std::int64_t tokens) {
  struct Unit {
    double size;
    const char* name;
  };
  constexpr std::array kUnits = {Unit{1e12, "T"}, Unit{1e9, "B"}, Unit{1e6, "M"}, Unit{1e3, "k"}};
  const auto value = static_cast<double>(tokens);
  for (const Unit& unit : kUnits) {
    // 999.96M is 1B when it is rounded.
    if (value < 0.99995 * unit.size) continue;
    const double scaled = value / unit.size;
    return absl::StrCat(Trimmed(scaled, scaled < 9.995 ? 2 : 1), unit.name);
  }
  return absl::StrCat(tokens);
}

std::string VolumeText(std::int64_t per_month) {
  return absl::StrCat(TokensText(per_month), " tokens a month (",
                      TokensText(policy::DayFromMonth(per_month)), " a day)");
}

std::string ShareText(std::int64_t millionths) {
  return absl::StrCat(Trimmed(static_cast<double>(millionths) / 10'000, 1), " %");
}

std::string FactorText(std::int64_t millionths) {
  const double value = static_cast<double>(millionths) / 1e6;
  // Rounded up: the text of a least value must be a value that is high enough.
  return Trimmed(std::ceil(value * 100 - 1e-6) / 100, 2);
}

std::string LastingText(std::int64_t seconds) {
  constexpr std::int64_t kHour = 3600;
  constexpr std::int64_t kDay = 24 * kHour;
  const auto in = [&](std::int64_t unit) {
    return Trimmed(static_cast<double>(seconds) / static_cast<double>(unit), 1);
  };
  if (seconds < kHour) return absl::StrCat(in(60), " minutes");
  if (seconds < 2 * kDay) return absl::StrCat(in(kHour), " hours");
  return absl::StrCat(in(kDay), " days");
}

std::string RentText(NanoUsd per_month) {
  const NanoUsd per_hour = policy::Scaled(per_month, 10, policy::kHoursOfTenMonths);
  return absl::StrCat(MoneyText(per_month), " a month (", MoneyText(per_hour), " an hour)");
}

std::string ThroughputText(std::int64_t tokens_per_hour) {
  const std::int64_t tenths = policy::Scaled(tokens_per_hour, 10, 3600);
  if (tenths >= 100) return absl::StrCat(CountText((tenths + 5) / 10), " tokens/s");
  return absl::StrCat(Trimmed(static_cast<double>(tenths) / 10, 1), " tokens/s");
}

std::string UnitPriceText(NanoUsdPerMillion price) {
  constexpr NanoUsd kCent = kNanoPerUsd / 100;
  if (price % kCent == 0 || price >= kNanoPerUsd) return MoneyText(price);
  return absl::StrCat("$", Trimmed(static_cast<double>(price) / 1e9, price < kCent ? 6 : 4));
}

std::string PriceText(const config::PriceRow& price) {
  if (price.input == price.output && !price.cached_input) {
    return absl::StrCat(UnitPriceText(price.input), " per 1M tokens");
  }
  const std::string cached =
      price.cached_input ? absl::StrCat(UnitPriceText(*price.cached_input), " cached, ") : "";
  return absl::StrCat(UnitPriceText(price.input), " in, ", cached, UnitPriceText(price.output),
                      " out, per 1M tokens");
}

std::string ReplicasText(std::int64_t count) {
  return absl::StrCat(CountText(count), count == 1 ? " replica" : " replicas");
}

}  // namespace headgate::gateway
