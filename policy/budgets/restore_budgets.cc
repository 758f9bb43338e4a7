#include "policy/budgets/restore_budgets.h"

#include <map>
#include <numeric>
#include <string_view>

#include "absl/status/statusor.h"
#include "policy/budgets/told_shares.h"
#include "policy/ledger/report/spend_report.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::policy {
namespace {

// In the order of SpendQuery::by.
enum Column : std::size_t { kTeam, kKey, kRoute, kModel, kBackend, kHosting, kDay };

bool IsCounted(const config::Budget& budget, const SpendRow& row) {
  const auto is = [&row](const std::string& wanted, Column column) {
    return wanted.empty() || wanted == row.values[column];
  };
  const config::BudgetScope& scope = budget.scope;
  const bool paid =
      row.values[kHosting] == config::WordFor(config::kHostings, config::Hosting::kPaidApi);
  return (paid || budget.counts == config::BudgetCounts::kAll) && is(scope.team, kTeam) &&
         is(scope.key, kKey) && is(scope.route, kRoute) && is(scope.model, kModel) &&
         is(scope.backend, kBackend);
}

absl::StatusOr<SpendReport> SpentSince(const std::string& folder, std::int64_t hour) {
  return ReadSpend(folder, {.by = {SpendBy::kTeam, SpendBy::kKey, SpendBy::kRoute, SpendBy::kModel,
                                   SpendBy::kBackend, SpendBy::kHosting, SpendBy::kDay},
                            .since = hour});
}

using SpentByDay = std::map<std::int64_t, NanoUsd>;  // by day since 1970, UTC

SpentByDay SpentOf(const config::Budget& budget, const SpendReport& report) {
  SpentByDay days;
  for (const SpendRow& row : report.rows) {
    if (!IsCounted(budget, row)) continue;
    days[ParseDay(row.values[kDay]).value_or(0)] += row.sums.cost;
  }
  return days;
}

// Notes what was spent when each day began, from the first day on that has spent something.
void MarkDays(const SpentByDay& days, std::int64_t now, BudgetWindow& window) {
  if (days.empty()) return;
  NanoUsd spent = 0;
  window.marks.clear();
  for (std::int64_t day = days.begin()->first; day <= DayOf(now); ++day) {
    const std::int64_t begin = day * kHoursPerDay * kMsPerHour;
    if (window.bounds().Has(begin)) window.marks.push_back({.time = begin, .spent = spent});
    if (const auto found = days.find(day); found != days.end()) spent += found->second;
  }
}

}  // namespace

absl::Status RestoreBudgets(const BudgetTable& table, const std::string& folder, std::int64_t now) {
  std::map<std::int64_t, SpendReport> reports;  // by their first hour
  const std::vector<ToldLine> told = ReadTold(folder);
  for (const BudgetTable::Entry& entry : table.entries()) {
    if (entry.spend->restored) continue;
    BudgetWindow& window = entry.spend->At(now);
    const std::int64_t hour = HourOf(window.bounds().begin);
    if (!reports.contains(hour)) {
      absl::StatusOr<SpendReport> report = SpentSince(folder, hour);
      if (!report.ok()) return report.status();
      reports.emplace(hour, *std::move(report));
    }
    const SpentByDay days = SpentOf(entry.budget, reports.at(hour));
    window.Settle(0,
                  std::accumulate(days.begin(), days.end(), NanoUsd{0},
                                  [](NanoUsd sum, const auto& day) { return sum + day.second; }));
    MarkDays(days, now, window);
    window.told = FindTold(told, entry.name, window.bounds().begin);
    entry.spend->restored = true;
  }
  return absl::OkStatus();
}

}  // namespace headgate::policy
