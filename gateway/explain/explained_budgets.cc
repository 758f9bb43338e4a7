#include "gateway/explain/explained_budgets.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/base/text.h"
#include "gateway/http/json_text.h"
#include "gateway/snapshot/spent_budgets.h"
#include "policy/budgets/budget_table.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using policy::BudgetTable;

json::object Described(const BudgetTable::Entry& entry, std::int64_t now) {
  const policy::BudgetWindow& window = entry.spend->At(now);
  const std::string_view when = WordFor(config::kWhenSpent, entry.budget.when_spent);
  return {{"budget", entry.name},
          {"limit_usd", UsdText(entry.budget.limit)},
          {"spent_usd", UsdText(window.spent())},
          {"reserved_usd", UsdText(std::max<NanoUsd>(window.committed() - window.spent(), 0))},
          {"is_spent", entry.IsSpent(now)},
          {"when_spent", json::string_view(when.data(), when.size())}};
}

std::string_view Effect(config::WhenSpent when) {
  switch (when) {
    case config::WhenSpent::kReject:
      return "targets that it counts are passed over";
    case config::WhenSpent::kCheapest:
      return "the cheapest target is asked first";
    case config::WhenSpent::kSelfHostedOnly:
      return "paid APIs that it counts are not asked";
  }
  return {};
}

// Returns whether budgets that reject, and are spent, count all targets of the plan.
bool IsRejected(const Snapshot& snapshot, const BudgetQuestion& question,
                const std::vector<routing::PlannedTarget>& plan) {
  const BudgetTable& budgets = *snapshot.budgets;
  return std::all_of(plan.begin(), plan.end(), [&](const routing::PlannedTarget& planned) {
    for (std::size_t i = 0; i < budgets.entries().size(); ++i) {
      const BudgetTable::Entry& entry = budgets.entries()[i];
      if (entry.budget.when_spent == config::WhenSpent::kReject && entry.IsSpent(question.time) &&
          budgets.AppliesTo(i, question.key, question.route) && budgets.Counts(i, planned.target)) {
        return true;
      }
    }
    return false;
  });
}

// Puts what spent budgets leave of the plan in its place, and says if that is nothing.
void ChangePlan(const Snapshot& snapshot, const BudgetQuestion& question,
                const routing::Decision& decision, json::object& explanation, std::string& answer) {
  std::vector<routing::PlannedTarget> plan(decision.plan.begin(), decision.plan.end());
  const bool nothing_left = PlanUnderBudgets(snapshot, question, plan).has_value();
  json::array& names = explanation["plan"].emplace_array();
  for (const routing::PlannedTarget& planned : plan) {
    names.emplace_back(snapshot.policy->targets()[planned.target].name);
  }
  if (!nothing_left && !IsRejected(snapshot, question, plan)) return;
  answer += "; so it would be refused with 429 insufficient_quota";
  explanation["refused"] = "insufficient_quota";
}

}  // namespace

void AddBudgets(const Snapshot& snapshot, const DryRunResult& result, std::int64_t now,
                json::object& explanation) {
  if (result.decision.outcome != routing::Outcome::kPlanned) return;
  const BudgetTable& budgets = *snapshot.budgets;
  const BudgetQuestion question{
      .key = result.input.key, .route = result.decision.route, .time = now};
  json::array described;
  std::string answer(explanation.at("answer").as_string());
  bool any_spent = false;
  for (std::size_t i = 0; i < budgets.entries().size(); ++i) {
    const BudgetTable::Entry& entry = budgets.entries()[i];
    if (!budgets.AppliesTo(i, question.key, question.route)) continue;
    described.push_back(Described(entry, now));
    if (!entry.IsSpent(now)) continue;
    any_spent = true;
    answer +=
        config::Concat("; budget ", entry.name, " is spent: ", Effect(entry.budget.when_spent));
  }
  if (described.empty()) return;
  explanation["budgets"] = std::move(described);
  if (any_spent) ChangePlan(snapshot, question, result.decision, explanation, answer);
  explanation["answer"] = answer;
}

}  // namespace headgate::gateway
