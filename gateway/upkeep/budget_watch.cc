#include "gateway/upkeep/budget_watch.h"

#include <algorithm>
#include <string>
#include <utility>

#include "gateway/http/json_text.h"
#include "gateway/log/operator_log.h"
#include "policy/budgets/budget_table.h"
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

// Returns the share that is spent, in millionths: whole percents, at most all.
std::int64_t WholePercent(NanoUsd spent, NanoUsd limit) {
  __extension__ using Wide = __int128;
  constexpr std::int64_t kOnePercent = kWhole / 100;
  const auto percents = static_cast<std::int64_t>(static_cast<Wide>(spent) * 100 / limit);
  return std::min(percents, std::int64_t{100}) * kOnePercent;
}

std::string_view LogTitle(BudgetEvent event) {
  switch (event) {
    case BudgetEvent::kNearlySpent:
      return "a budget is nearly spent";
    case BudgetEvent::kSpent:
      return "a budget is spent";
    case BudgetEvent::kRefuses:
      return "a budget refuses requests";
  }
  return {};
}

void LogAlert(const BudgetAlert& alert) {
  const std::string name = NameOf(alert.budget);
  const std::string percent = ShareText(alert);
  const std::string spent = UsdText(alert.spent);
  const std::string limit = UsdText(alert.budget.limit);
  OperatorLog::Event(OperatorLog::Level::kWarning, LogTitle(alert.event),
                     {{.name = "budget", .text = name},
                      {.name = "share", .text = percent},
                      {.name = "spent_usd", .text = spent},
                      {.name = "limit_usd", .text = limit}});
}

}  // namespace

std::vector<BudgetAlert> WarnOfBudgets(const policy::BudgetTable& budgets, std::int64_t now) {
  std::vector<BudgetAlert> alerts;
  for (const policy::BudgetTable::Entry& entry : budgets.entries()) {
    policy::BudgetWindow& window = entry.spend->At(now);
    if (!window.IsWhole()) continue;
    entry.spend->MarkDay(now);
    policy::ToldShare& told = window.told;
    const NanoUsd limit = entry.budget.limit;
    if (told.limit != limit) told = {.limit = limit};
    BudgetAlert alert{.budget = entry.budget,
                      .spent = window.spent(),
                      .most = window.refused_most(),
                      .told = {},
                      .window = window.bounds(),
                      .time = now};
    const auto tell = [&](BudgetEvent event, std::int64_t share) {
      alert.event = event;
      alert.share = share;
      alert.told = told;
      LogAlert(alert);
      alerts.push_back(alert);
    };
    if (const std::int64_t share = ShareReached(entry.budget, alert.spent); share > told.share) {
      told.share = share;
      tell(share >= kWhole ? BudgetEvent::kSpent : BudgetEvent::kNearlySpent, share);
    }
    // That requests are refused was said with the whole of a budget that rejects.
    const bool said = told.share >= kWhole && entry.budget.when_spent == config::WhenSpent::kReject;
    if (alert.most > 0 && !told.refuses && !said) {
      told.refuses = true;
      tell(BudgetEvent::kRefuses, WholePercent(alert.spent, limit));
    }
  }
  return alerts;
}

void NoteTold(const config::Config& config, const BudgetAlert& alert) {
  if (!config.ledger) return;  // a reload has removed the budgets
  const absl::Status status = policy::NoteTold(
      LedgerFolder(config),
      {.begin = alert.window.begin, .told = alert.told, .budget = NameOf(alert.budget)});
  if (status.ok()) return;
  OperatorLog::Error("a restart will tell again of budgets that are spent",
                     {status.message().data(), status.message().size()});
}

}  // namespace headgate::gateway
