#include "gateway/budgets/client_budgets.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string_view>
#include <utility>

#include "gateway/budgets/budget_words.h"
#include "gateway/http/json_text.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;

json::string TextJson(std::string_view text) { return json::string(text.data(), text.size()); }

json::object BucketJson(const policy::TokenBucket& bucket,
                        policy::LimitTable::Clock::time_point now) {
  return {{"limit", bucket.limit()}, {"left", bucket.Remaining(now)}};
}

json::object LimitJson(const policy::LimitedSubject& subject,
                       policy::LimitTable::Clock::time_point now) {
  json::object limit{
      {"of", TextJson(policy::kLimitOwnerNames[static_cast<std::size_t>(subject.owner())])},
      {"name", subject.name()}};
  if (subject.requests.limit() > 0) {
    limit["requests_per_minute"] = BucketJson(subject.requests, now);
  }
  if (subject.tokens.limit() > 0) limit["tokens_per_minute"] = BucketJson(subject.tokens, now);
  if (subject.most_in_flight() > 0) {
    limit["in_flight"] = {{"limit", subject.most_in_flight()}, {"now", subject.in_flight()}};
  }
  return limit;
}

// Returns whether the budget counts requests of the key, on some route.
bool Counts(const config::BudgetScope& scope, const config::Key* key) {
  if (key == nullptr) return scope.key.empty() && scope.team.empty();
  return (scope.key.empty() || scope.key == key->name) &&
         (scope.team.empty() || scope.team == key->team);
}

// Names of routes and backends are the operator's own affair.
json::object NamedScope(const config::BudgetScope& scope) {
  json::object named;
  if (!scope.team.empty()) named["team"] = scope.team;
  if (!scope.key.empty()) named["key"] = scope.key;
  if (!scope.model.empty()) named["model"] = scope.model;
  return named;
}

json::object BudgetJson(const policy::BudgetTable::Entry& entry, std::int64_t time) {
  const config::Budget& budget = entry.budget;
  const policy::BudgetWindow& window = entry.spend->At(time);
  const NanoUsd spent = window.spent();
  const NanoUsd reserved = std::max<NanoUsd>(window.committed() - spent, 0);
  const bool in_part = !budget.scope.route.empty() || !budget.scope.backend.empty();
  return {{"scope", NamedScope(budget.scope)},
          {"counts_some_requests_only", in_part},
          {"per", TextJson(WordFor(config::kBudgetPeriods, budget.per))},
          {"zone", budget.zone},
          {"limit_usd", UsdText(budget.limit)},
          {"spent_usd", UsdText(spent)},
          {"reserved_usd", UsdText(reserved)},
          {"left_usd", UsdText(std::max<NanoUsd>(budget.limit - spent - reserved, 0))},
          {"ends", ZoneTime(budget, window.bounds().end)},
          {"when_spent", TextJson(WordFor(config::kWhenSpent, budget.when_spent))}};
}

json::array LimitsJson(const ClientBudgetsQuestion& question) {
  json::array limits;
  if (!question.key) return limits;
  for (const policy::LimitedSubject* subject : question.limits.Of(question.key, 0)) {
    const bool of_route = subject->owner() == policy::LimitOwner::kRoute;
    if (!of_route) limits.push_back(LimitJson(*subject, question.now));
  }
  return limits;
}

}  // namespace

std::string ClientBudgetsJson(const ClientBudgetsQuestion& question) {
  json::object answer{{"object", "budgets"}};
  const config::Key* key = nullptr;
  if (question.key) {
    key = &question.config.keys[*question.key];
    answer["key"] = key->name;
    answer["team"] = key->team;
  }
  answer["limits"] = LimitsJson(question);
  json::array budgets;
  for (const policy::BudgetTable::Entry& entry : question.budgets.entries()) {
    if (Counts(entry.budget.scope, key)) budgets.push_back(BudgetJson(entry, question.time));
  }
  answer["budgets"] = std::move(budgets);
  return json::serialize(answer);
}

}  // namespace headgate::gateway
