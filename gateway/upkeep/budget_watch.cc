#include "gateway/upkeep/budget_watch.h"

#include <algorithm>
#include <string>
#include <vector>

#include "config/base/text.h"
#include "gateway/http/json_text.h"
#include "gateway/log/operator_log.h"
#include "policy/budgets/budget_table.h"
#include "policy/budgets/restore_budgets.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kWhole = 1'000'000;  // millionths

std::string Usd(NanoUsd amount) {
  std::string text;
  AppendUsd(amount, text);
  return text;
}

// Returns how many of `shares`, in order, are spent.
std::size_t Reached(const std::vector<std::int64_t>& shares, NanoUsd spent, NanoUsd limit) {
  __extension__ using Wide = __int128;
  return static_cast<std::size_t>(
      std::count_if(shares.begin(), shares.end(), [&](std::int64_t share) {
        return static_cast<Wide>(spent) * kWhole >= static_cast<Wide>(limit) * share;
      }));
}

}  // namespace

absl::Status RestoreSpentBudgets(const Snapshot& snapshot, std::int64_t now) {
  if (snapshot.budgets->empty()) return absl::OkStatus();
  return policy::RestoreBudgets(*snapshot.budgets, LedgerFolder(*snapshot.config), now);
}

void WarnOfBudgets(const Snapshot& snapshot, std::int64_t now) {
  for (const policy::BudgetTable::Entry& entry : snapshot.budgets->entries()) {
    policy::BudgetWindow& window = entry.spend->At(now);
    std::vector<std::int64_t> shares = entry.budget.warn_at;
    if (shares.back() < kWhole) shares.push_back(kWhole);
    const std::size_t reached = Reached(shares, window.spent(), entry.budget.limit);
    if (reached <= window.warned) continue;
    window.warned = reached;
    constexpr std::int64_t kPercent = 10'000;
    const std::string percent = config::Concat(shares[reached - 1] / kPercent, "%");
    const std::string spent = Usd(window.spent());
    const std::string limit = Usd(entry.budget.limit);
    const bool all = shares[reached - 1] >= kWhole;
    OperatorLog::Event(OperatorLog::Level::kWarning,
                       all ? "a budget is spent" : "a budget is nearly spent",
                       {{.name = "budget", .text = entry.name},
                        {.name = "share", .text = percent},
                        {.name = "spent_usd", .text = spent},
                        {.name = "limit_usd", .text = limit}});
  }
}

}  // namespace headgate::gateway
