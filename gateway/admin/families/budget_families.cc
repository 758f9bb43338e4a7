#include "gateway/admin/families/budget_families.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/http/json_text.h"
#include "gateway/metrics/family.h"
#include "gateway/snapshot/certificates.h"
#include "policy/budgets/budget_pace.h"

namespace headgate::gateway {
namespace {

// The double nearest to the decimal number, so that a scrape shows that number.
double Dollars(NanoUsd amount) { return static_cast<double>(amount) / 1e9; }

std::string WindowTime(std::int64_t ms) { return Rfc3339(WallTime(std::chrono::milliseconds(ms))); }

boost::json::string WordJson(std::string_view text) {
  return boost::json::string(text.data(), text.size());
}

boost::json::value ForecastJson(const policy::BudgetWindow& window, std::int64_t now) {
  const std::optional<NanoUsd> forecast =
      ForecastSpend(window.bounds(), window.marks, {.now = now, .spent = window.spent()});
  if (!forecast) return nullptr;
  return boost::json::value(UsdText(*forecast));
}

}  // namespace

void AddBudgetFamilies(const policy::BudgetTable& budgets, std::int64_t now,
                       FamilySet::Families& families) {
  if (budgets.empty()) return;
  using prometheus::MetricType;
  FamilyBuilder ratio("headgate_budget_used_ratio",
                      "The share of a budget that is spent in the present day or month.",
                      MetricType::Gauge);
  FamilyBuilder limit("headgate_budget_limit_usd", "The limit of a budget.", MetricType::Gauge);
  FamilyBuilder reserved("headgate_budget_reserved_usd",
                         "What requests that run may cost at most, of a budget.",
                         MetricType::Gauge);
  FamilyBuilder refused("headgate_budget_refused_requests_total",
                        "Requests that a budget has refused for lack of room.",
                        MetricType::Counter);
  for (const policy::BudgetTable::Entry& entry : budgets.entries()) {
    refused.Add({{"scope", entry.name}}, static_cast<double>(entry.spend->refused()));
    const policy::BudgetWindow& window = entry.spend->At(now);
    const NanoUsd committed = window.committed();
    const NanoUsd spent = window.spent();
    ratio.Add({{"scope", entry.name}}, Dollars(spent) / Dollars(entry.budget.limit));
    limit.Add({{"scope", entry.name}}, Dollars(entry.budget.limit));
    reserved.Add({{"scope", entry.name}}, Dollars(std::max<NanoUsd>(committed - spent, 0)));
  }
  families.push_back(ratio.Take());
  families.push_back(limit.Take());
  families.push_back(reserved.Take());
  families.push_back(refused.Take());
}

void AddWebhookFamily(const Webhook::Totals& totals, FamilySet::Families& families) {
  FamilyBuilder alerts("headgate_webhook_alerts_total",
                       "Alerts of budgets for the webhook: `delivered`, `failed` (after the last "
                       "try) or `dropped` (too many waited).",
                       prometheus::MetricType::Counter);
  for (const auto& [result, count] : {std::pair("delivered", totals.delivered),
                                      {"failed", totals.failed},
                                      {"dropped", totals.dropped}}) {
    alerts.Add({{"result", result}}, static_cast<double>(count));
  }
  families.push_back(alerts.Take());
}

boost::json::array BudgetsJson(const policy::BudgetTable& budgets, std::int64_t now) {
  boost::json::array list;
  for (const policy::BudgetTable::Entry& entry : budgets.entries()) {
    const config::Budget& budget = entry.budget;
    const policy::BudgetWindow& window = entry.spend->At(now);
    const NanoUsd spent = window.spent();
    const NanoUsd reserved = std::max<NanoUsd>(window.committed() - spent, 0);
    list.push_back(boost::json::object{
        {"budget", entry.name},
        {"per", WordJson(WordFor(config::kBudgetPeriods, budget.per))},
        {"zone", budget.zone},
        {"counts", WordJson(WordFor(config::kBudgetCounts, budget.counts))},
        {"when_spent", WordJson(WordFor(config::kWhenSpent, budget.when_spent))},
        {"begin", WindowTime(window.bounds().begin)},
        {"end", WindowTime(window.bounds().end)},
        {"limit_usd", UsdText(budget.limit)},
        {"spent_usd", UsdText(spent)},
        {"reserved_usd", UsdText(reserved)},
        {"remaining_usd", UsdText(std::max<NanoUsd>(budget.limit - spent - reserved, 0))},
        {"forecast_usd", ForecastJson(window, now)},
        {"refused_requests", entry.spend->refused()}});
  }
  return list;
}

}  // namespace headgate::gateway
