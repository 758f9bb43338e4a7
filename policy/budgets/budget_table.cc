#include "policy/budgets/budget_table.h"

#include <algorithm>
#include <string_view>

namespace headgate::policy {
namespace {

// An empty member of a scope applies to everything.
bool Matches(const std::string& wanted, std::string_view name) {
  return wanted.empty() || wanted == name;
}

bool KeepsSpend(const config::Budget& a, const config::Budget& b) {
  return a.scope == b.scope && a.per == b.per && a.zone == b.zone && a.counts == b.counts;
}

std::shared_ptr<BudgetSpend> SpendOf(const config::Budget& budget, const BudgetTable* previous) {
  if (previous != nullptr) {
    for (const BudgetTable::Entry& known : previous->entries()) {
      if (KeepsSpend(known.budget, budget)) return known.spend;
    }
  }
  return std::make_shared<BudgetSpend>(budget.per, budget.zone);
}

}  // namespace

BudgetTable::BudgetTable(const config::Config& config, const std::vector<BudgetTarget>& targets,
                         const BudgetTable* previous) {
  for (const config::Budget& budget : config.budgets) {
    entries_.push_back({budget, config::NameOf(budget), SpendOf(budget, previous)});
    const config::BudgetScope& wanted = budget.scope;
    Scope& scope = scopes_.emplace_back();
    for (const config::Key& key : config.keys) {
      scope.keys.push_back(Matches(wanted.key, key.name) && Matches(wanted.team, key.team));
    }
    scope.no_key = wanted.key.empty() && wanted.team.empty();
    for (const config::Route& route : config.routes) {
      scope.routes.push_back(Matches(wanted.route, route.name));
    }
    for (const BudgetTarget& target : targets) {
      const bool counts = budget.counts == config::BudgetCounts::kAll ||
                          target.hosting == config::Hosting::kPaidApi;
      scope.targets.push_back(counts && Matches(wanted.backend, target.backend) &&
                              Matches(wanted.model, target.model));
    }
  }
}

bool BudgetTable::AppliesTo(std::size_t index, std::optional<std::size_t> key,
                            std::size_t route) const {
  const Scope& scope = scopes_[index];
  return scope.routes[route] && (key ? scope.keys[*key] : scope.no_key);
}

std::optional<std::size_t> BudgetTable::Reserve(const BudgetCall& call, BudgetHold& hold) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!AppliesTo(i, call.key, call.route) || !Counts(i, call.target)) continue;
    const Entry& entry = entries_[i];
    BudgetWindow& window = entry.spend->At(call.time);
    if (entry.budget.when_spent != config::WhenSpent::kReject) {
      hold.Add(window, window.ReserveAnyway(std::min(call.most, entry.budget.limit)));
    } else if (window.Reserve(call.most, entry.budget.limit)) {
      hold.Add(window, call.most);
    } else {
      hold.Settle(0);
      return i;
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> BudgetTable::AssumedOutput(const BudgetCall& call) const {
  std::optional<std::int64_t> assumed;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const config::Budget& budget = entries_[i].budget;
    if (budget.when_spent != config::WhenSpent::kReject) continue;
    if (!AppliesTo(i, call.key, call.route) || !Counts(i, call.target)) continue;
    assumed = std::min(assumed.value_or(budget.assume_output), budget.assume_output);
  }
  return assumed;
}

}  // namespace headgate::policy
