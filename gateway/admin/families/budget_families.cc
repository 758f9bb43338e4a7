#include "gateway/admin/families/budget_families.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <string>
#include <utility>

#include "gateway/http/json_text.h"
#include "gateway/metrics/family.h"

namespace headgate::gateway {
namespace {

double Dollars(NanoUsd amount) { return static_cast<double>(amount) * 1e-9; }

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
  for (const policy::BudgetTable::Entry& entry : budgets.entries()) {
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
    const policy::BudgetWindow& window = entry.spend->At(now);
    list.push_back(boost::json::object{
        {"budget", entry.name},
        {"limit_usd", UsdText(entry.budget.limit)},
        {"spent_usd", UsdText(window.spent())},
        {"reserved_usd", UsdText(std::max<NanoUsd>(window.committed() - window.spent(), 0))}});
  }
  return list;
}

}  // namespace headgate::gateway
