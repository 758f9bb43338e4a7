#include "gateway/explain/explained_budgets.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/base/text.h"
#include "gateway/budgets/budget_forecast.h"
#include "gateway/http/json_text.h"
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

// Returns the words for the targets that a budget has no room for.
std::string PassedOverWords(const routing::CompiledPolicy& policy, const BudgetTable& budgets,
                            const BudgetForecast& forecast) {
  std::string words;
  for (const BudgetForecast::PassedOver& one : forecast.passed_over) {
    const BudgetTable::Entry& entry = budgets.entries()[one.refusal.budget];
    words +=
        config::Concat("; ", policy.targets()[one.target].name, " is passed over: budget ",
                       entry.name, " has ", PeopleUsd(one.refusal.Free(), Rounding::kDown),
                       " free, and the call may cost ", PeopleUsd(one.refusal.most, Rounding::kUp));
  }
  return words;
}

// Puts what budgets leave of the plan in its place, and says if that is nothing.
void ChangePlan(const BudgetsInForce& force, const BudgetForecast& forecast,
                json::object& explanation, std::string& answer) {
  const BudgetTable& budgets = force.budgets;
  json::array& names = explanation["plan"].emplace_array();
  for (const routing::PlannedTarget& planned : forecast.plan) {
    names.emplace_back(force.policy.targets()[planned.target].name);
  }
  if (!forecast.refusal) {
    answer += PassedOverWords(force.policy, budgets, forecast);
    return;
  }
  const policy::BudgetRefusal& refusal = *forecast.refusal;
  const std::string_view code =
      refusal.Waits() ? config::kRateLimitExceeded : config::kInsufficientQuota;
  answer += config::Concat(
      "; so it would be refused with 429 ", code, ": ",
      RefusalText(budgets.entries()[refusal.budget].budget, refusal, forecast.hints));
  explanation["refused"] = json::string_view(code.data(), code.size());
}

// Lists the budgets that apply. Returns the words for those that are spent.
std::string AddList(const BudgetQuestion& question, json::object& explanation) {
  std::string spent;
  json::array described;
  for (std::size_t i = 0; i < question.budgets.entries().size(); ++i) {
    if (!question.budgets.AppliesTo(i, question.key, question.route)) continue;
    const BudgetTable::Entry& entry = question.budgets.entries()[i];
    described.push_back(Described(entry, question.time));
    if (!entry.IsSpent(question.time)) continue;
    spent +=
        config::Concat("; budget ", entry.name, " is spent: ", Effect(entry.budget.when_spent));
  }
  if (!described.empty()) explanation["budgets"] = std::move(described);
  return spent;
}

template <typename Items>
std::optional<std::size_t> PlaceOf(const Items& items, std::string_view name) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.name == name; });
  if (found == items.end()) return std::nullopt;
  return static_cast<std::size_t>(found - items.begin());
}

}  // namespace

void AddBudgets(const BudgetsInForce& force, const DryRunResult& result, const BudgetMoment& moment,
                json::object& explanation) {
  if (result.decision.outcome != routing::Outcome::kPlanned) return;
  if (result.input.endpoint == routing::Endpoint::kCountTokens) return;
  const BudgetQuestion question{.policy = force.policy,
                                .budgets = force.budgets,
                                .key = result.input.key,
                                .route = result.decision.route,
                                .time = moment.time};
  std::string answer(explanation.at("answer").as_string());
  answer += AddList(question, explanation);
  if (!explanation.contains("budgets")) return;
  const BudgetForecast forecast = ForecastOf(force.config, question,
                                             {.input = result.input,
                                              .plan = result.decision.plan,
                                              .hidden = result.hidden,
                                              .body_bytes = moment.body_bytes});
  ChangePlan(force, forecast, explanation, answer);
  explanation["answer"] = answer;
}

void ListBudgets(const BudgetsInForce& force, const RequestOfBudgets& request, std::int64_t now,
                 json::object& explanation) {
  const std::optional<std::size_t> route = PlaceOf(force.policy.routes(), request.route);
  const std::optional<std::size_t> key = PlaceOf(force.policy.keys(), request.key);
  if (!route || (!request.key.empty() && !key)) return;
  AddList(
      {.policy = force.policy, .budgets = force.budgets, .key = key, .route = *route, .time = now},
      explanation);
}

}  // namespace headgate::gateway
