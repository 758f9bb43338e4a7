#include "gateway/upkeep/budget_watch.h"

#include <algorithm>
#include <string>
#include <utility>

#include "gateway/http/json_text.h"
#include "gateway/log/operator_log.h"
#include "policy/budgets/budget_table.h"
#include "policy/budgets/restore_budgets.h"
#include "policy/budgets/told_shares.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kWhole = 1'000'000;  // millionths

// Returns the largest share of `warn_at`, or all, that is spent; 0: none.
std::int64_t ShareReached(const config::Budget& budget, NanoUsd spent) {
  __extension__ using Wide = __int128;
  const auto reached = [&](std::int64_t share) {
    return static_cast<Wide>(spent) * kWhole >= static_cast<Wide>(budget.limit) * share;
  };
  std::int64_t most = reached(kWhole) ? kWhole : 0;
  for (const std::int64_t share : budget.warn_at) {
    if (reached(share)) most = std::max(most, share);
  }
  return most;
}

void LogAlert(const BudgetAlert& alert) {
  const std::string name = NameOf(alert.budget);
  const std::string percent = ShareText(alert);
  const std::string spent = UsdText(alert.spent);
  const std::string limit = UsdText(alert.budget.limit);
  OperatorLog::Event(OperatorLog::Level::kWarning,
                     alert.IsSpent() ? "a budget is spent" : "a budget is nearly spent",
                     {{.name = "budget", .text = name},
                      {.name = "share", .text = percent},
                      {.name = "spent_usd", .text = spent},
                      {.name = "limit_usd", .text = limit}});
}

}  // namespace

absl::Status RestoreSpentBudgets(const Snapshot& snapshot, std::int64_t now) {
  if (snapshot.budgets->empty()) return absl::OkStatus();
  return policy::RestoreBudgets(*snapshot.budgets, LedgerFolder(*snapshot.config), now);
}

std::vector<BudgetAlert> WarnOfBudgets(const policy::BudgetTable& budgets, std::int64_t now) {
  std::vector<BudgetAlert> alerts;
  for (const policy::BudgetTable::Entry& entry : budgets.entries()) {
    policy::BudgetWindow& window = entry.spend->At(now);
    const NanoUsd spent = window.spent();
    const NanoUsd limit = entry.budget.limit;
    const std::int64_t share = ShareReached(entry.budget, spent);
    if (share == 0 || (window.told.limit == limit && window.told.share >= share)) continue;
    window.told = {.limit = limit, .share = share};
    BudgetAlert alert{.budget = entry.budget,
                      .share = share,
                      .spent = spent,
                      .window = window.bounds(),
                      .time = now};
    LogAlert(alert);
    alerts.push_back(std::move(alert));
  }
  return alerts;
}

void NoteTold(const config::Config& config, const BudgetAlert& alert) {
  if (!config.ledger) return;  // a reload has removed the budgets
  const absl::Status status =
      policy::NoteTold(LedgerFolder(config), {.begin = alert.window.begin,
                                              .told = {alert.budget.limit, alert.share},
                                              .budget = NameOf(alert.budget)});
  if (status.ok()) return;
  OperatorLog::Error("a restart will tell again of budgets that are spent",
                     {status.message().data(), status.message().size()});
}

}  // namespace headgate::gateway
