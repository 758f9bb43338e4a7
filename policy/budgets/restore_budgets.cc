#include "policy/budgets/restore_budgets.h"

#include <map>
#include <string_view>

#include "absl/status/statusor.h"
#include "policy/budgets/told_shares.h"
#include "policy/ledger/report/spend_report.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::policy {
namespace {

// In the order of SpendQuery::by.
enum Column : std::size_t { kTeam, kKey, kRoute, kModel, kBackend, kHosting };

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
                                   SpendBy::kBackend, SpendBy::kHosting},
                            .since = hour});
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
    NanoUsd spent = 0;
    for (const SpendRow& row : reports.at(hour).rows) {
      if (IsCounted(entry.budget, row)) spent += row.sums.cost;
    }
    window.Settle(0, spent);
    window.told = FindTold(told, entry.name, window.bounds().begin);
    entry.spend->restored = true;
  }
  return absl::OkStatus();
}

}  // namespace headgate::policy
