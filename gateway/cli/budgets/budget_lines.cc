#include "gateway/cli/budgets/budget_lines.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "config/reader/units.h"
#include "gateway/cli/plan/plan_amounts.h"
#include "policy/budgets/budget_window.h"
#include "policy/ledger/report/report_text.h"
#include "policy/plan/month.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kMsPerDay = 86'400'000;
constexpr std::size_t kColumns = 5;

absl::TimeZone ZoneOf(const BudgetLine& line) {
  absl::TimeZone zone = absl::UTCTimeZone();
  if (!line.zone.empty()) absl::LoadTimeZone(line.zone, &zone);
  return zone;
}

std::string ShortTime(const BudgetLine& line, std::int64_t ms) {
  const absl::TimeZone zone = ZoneOf(line);
  const absl::Time time = absl::FromUnixMillis(ms);
  return absl::StrCat(absl::FormatTime("%b ", time, zone), absl::ToCivilDay(time, zone).day(),
                      absl::FormatTime(" %H:%M", time, zone));
}

// Cents, or four decimals where cents would not be true.
std::string DollarText(NanoUsd amount) {
  constexpr NanoUsd kCent = kNanoPerUsd / 100;
  if (amount >= kNanoPerUsd || amount % kCent == 0) return MoneyText(amount);
  return absl::StrCat("$", policy::RoundedUsd(amount));
}

NanoUsd Left(const BudgetLine& line) {
  return std::max<NanoUsd>(0, line.limit - line.spent - line.reserved);
}

std::string PeriodText(const BudgetLine& line) {
  if (line.per.empty()) return "";
  std::string text = absl::StrCat(line.per, " (", line.zone, ")");
  if (line.end != 0) absl::StrAppend(&text, " to ", ShortTime(line, line.end));
  return text;
}

std::string PaceText(const BudgetLine& line, std::int64_t now) {
  const std::string then = line.when_spent.empty() ? "" : absl::StrCat("; then ", line.when_spent);
  if (line.spent >= line.limit) {
    return line.when_spent.empty() ? "spent" : absl::StrCat("spent; now ", line.when_spent);
  }
  if (!line.forecast) return "too early to tell the pace";
  std::string text = absl::StrCat("at this pace: ", DollarText(*line.forecast), " by the end");
  if (const std::optional<std::int64_t> when = SpentOn(line, now)) {
    absl::StrAppend(&text, ", spent on ", ShortTime(line, *when), then);
  }
  return text;
}

std::array<std::string, kColumns> CellsOf(const BudgetLine& line, std::int64_t now) {
  return {line.budget, PeriodText(line),
          absl::StrCat(DollarText(line.spent), " of ", DollarText(line.limit)),
          absl::StrCat(DollarText(Left(line)), " left",
                       line.reserved > 0
                           ? absl::StrCat(" (", DollarText(line.reserved), " is reserved)")
                           : std::string()),
          PaceText(line, now)};
}

const boost::json::string* TextOf(const boost::json::object& entry, const char* name) {
  const boost::json::value* const value = entry.if_contains(name);
  return value == nullptr ? nullptr : value->if_string();
}

void ReadText(const boost::json::object& entry, const char* name, std::string& out) {
  if (const auto* const text = TextOf(entry, name)) out = std::string(*text);
}

std::optional<NanoUsd> UsdOf(const boost::json::object& entry, const char* name) {
  const auto* const text = TextOf(entry, name);
  return text == nullptr ? std::nullopt : config::ParseBudgetUsd(std::string(*text)).value;
}

void ReadTime(const boost::json::object& entry, const char* name, std::int64_t& out) {
  const auto* const text = TextOf(entry, name);
  absl::Time time;
  std::string ignored;
  if (text != nullptr && absl::ParseTime(absl::RFC3339_full, std::string(*text), &time, &ignored)) {
    out = absl::ToUnixMillis(time);
  }
}

boost::json::value TimeJson(std::int64_t ms) {
  if (ms == 0) return nullptr;
  return boost::json::value(
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMillis(ms), absl::UTCTimeZone()));
}

boost::json::value TextJson(const std::string& text) {
  if (text.empty()) return nullptr;
  return boost::json::value(text);
}

}  // namespace

BudgetLine LineOf(const config::Budget& budget, NanoUsd spent, std::int64_t now) {
  BudgetLine line{.budget = NameOf(budget),
                  .per = std::string(config::WordFor(config::kBudgetPeriods, budget.per)),
                  .zone = budget.zone,
                  .when_spent = std::string(config::WordFor(config::kWhenSpent, budget.when_spent)),
                  .limit = budget.limit,
                  .spent = spent,
                  .forecast = std::nullopt};
  const policy::BudgetBounds bounds = policy::BoundsOf(budget.per, ZoneOf(line), now);
  line.begin = bounds.begin;
  line.end = bounds.end;
  const std::int64_t elapsed = now - line.begin;
  if (elapsed >= kMsPerDay) line.forecast = policy::Scaled(spent, line.end - line.begin, elapsed);
  return line;
}

void ReadStatus(const boost::json::object& entry, BudgetLine& line) {
  ReadText(entry, "budget", line.budget);
  ReadText(entry, "per", line.per);
  ReadText(entry, "zone", line.zone);
  ReadText(entry, "when_spent", line.when_spent);
  ReadTime(entry, "begin", line.begin);
  ReadTime(entry, "end", line.end);
  line.limit = UsdOf(entry, "limit_usd").value_or(line.limit);
  line.spent = UsdOf(entry, "spent_usd").value_or(line.spent);
  line.reserved = UsdOf(entry, "reserved_usd").value_or(line.reserved);
  if (entry.contains("forecast_usd")) line.forecast = UsdOf(entry, "forecast_usd");
}

std::optional<std::int64_t> SpentOn(const BudgetLine& line, std::int64_t now) {
  if (!line.forecast || line.spent >= line.limit || *line.forecast <= line.limit) {
    return std::nullopt;
  }
  if (line.end <= now) return std::nullopt;
  return now + policy::Scaled(line.end - now, line.limit - line.spent, *line.forecast - line.spent);
}

std::string BudgetsText(const std::vector<BudgetLine>& lines, std::int64_t now) {
  std::vector<std::array<std::string, kColumns>> rows;
  std::array<std::size_t, kColumns> widths{};
  for (const BudgetLine& line : lines) {
    rows.push_back(CellsOf(line, now));
    for (std::size_t i = 0; i < kColumns; ++i) {
      widths[i] = std::max(widths[i], rows.back()[i].size());
    }
  }
  std::string out;
  for (const auto& row : rows) {
    std::string text;
    for (std::size_t i = 0; i < kColumns; ++i) {
      if (widths[i] == 0) continue;
      absl::StrAppend(&text, row[i], std::string(widths[i] - row[i].size() + 2, ' '));
    }
    text.erase(text.find_last_not_of(' ') + 1);
    absl::StrAppend(&out, text, "\n");
  }
  return out;
}

boost::json::array BudgetsToJson(const std::vector<BudgetLine>& lines, std::int64_t now) {
  boost::json::array out;
  for (const BudgetLine& line : lines) {
    boost::json::value forecast;
    if (line.forecast) forecast = policy::ExactUsd(*line.forecast);
    out.push_back(boost::json::object{{"budget", line.budget},
                                      {"per", TextJson(line.per)},
                                      {"zone", TextJson(line.zone)},
                                      {"begin", TimeJson(line.begin)},
                                      {"end", TimeJson(line.end)},
                                      {"limit_usd", policy::ExactUsd(line.limit)},
                                      {"spent_usd", policy::ExactUsd(line.spent)},
                                      {"reserved_usd", policy::ExactUsd(line.reserved)},
                                      {"remaining_usd", policy::ExactUsd(Left(line))},
                                      {"forecast_usd", std::move(forecast)},
                                      {"spent_on", TimeJson(SpentOn(line, now).value_or(0))},
                                      {"when_spent", TextJson(line.when_spent)}});
  }
  return out;
}

}  // namespace headgate::gateway
