#include "policy/budgets/budget_table.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

namespace headgate::policy {
namespace {

// An empty member of a scope applies to everything.
bool Matches(const std::string& wanted, std::string_view name) {
  return wanted.empty() || wanted == name;
}

bool KeepsSpend(const config::Budget& a, const config::Budget& b) {
  return a.scope == b.scope && a.per == b.per && a.zone == b.zone && a.counts == b.counts;
}

using Spends = std::vector<std::shared_ptr<BudgetSpend>>;

// Gives `spends`, parallel to `budgets`, what `previous` has, each of it once: budgets of one scope
// may differ in `when_spent` alone. `exactly`: to budgets of the same `when_spent`.
void KeepSpends(const std::vector<config::Budget>& budgets, const BudgetTable& previous,
                bool exactly, Spends& spends) {
  for (std::size_t i = 0; i < budgets.size(); ++i) {
    for (const BudgetTable::Entry& known : previous.entries()) {
      if (spends[i] || !KeepsSpend(known.budget, budgets[i])) continue;
      if (exactly && known.budget.when_spent != budgets[i].when_spent) continue;
      const bool taken = std::find(spends.begin(), spends.end(), known.spend) != spends.end();
      if (!taken) spends[i] = known.spend;
    }
  }
}

Spends SpendsOf(const std::vector<config::Budget>& budgets, const BudgetTable* previous) {
  Spends spends(budgets.size());
  if (previous != nullptr) {
    KeepSpends(budgets, *previous, /*exactly=*/true, spends);
    KeepSpends(budgets, *previous, /*exactly=*/false, spends);
  }
  for (std::size_t i = 0; i < budgets.size(); ++i) {
    if (spends[i]) continue;
    spends[i] = std::make_shared<BudgetSpend>(budgets[i].per, budgets[i].zone);
  }
  return spends;
}

// Returns whether `a` rejects its call for a longer time than `b`.
bool IsLonger(const BudgetRefusal& a, const BudgetRefusal& b) {
  const auto rank = [](const BudgetRefusal& refusal) {
    return std::pair(!refusal.Waits(), refusal.Never() ? std::numeric_limits<std::int64_t>::max()
                                                       : refusal.window.end);
  };
  return rank(a) > rank(b);
}

}  // namespace

BudgetTable::BudgetTable(const config::Config& config, const std::vector<BudgetTarget>& targets,
                         const BudgetTable* previous) {
  const Spends spends = SpendsOf(config.budgets, previous);
  for (const config::Budget& budget : config.budgets) {
    entries_.push_back({budget, config::NameOf(budget), spends[entries_.size()]});
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

bool BudgetTable::Has(const std::shared_ptr<BudgetSpend>& spend) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return entry.spend == spend; });
}

void BudgetTable::ReplaceBy(std::shared_ptr<const BudgetTable> next) const {
  {
    const MutexLock lock(mutex_);
    next_ = std::move(next);
  }
  is_replaced_.store(true, std::memory_order_release);
}

std::shared_ptr<const BudgetTable> BudgetTable::Next() const {
  if (!IsReplaced()) return nullptr;
  const MutexLock lock(mutex_);
  return next_;
}

std::shared_ptr<const BudgetTable> BudgetTable::Newest() const {
  std::shared_ptr<const BudgetTable> newest = Next();
  while (newest != nullptr) {
    std::shared_ptr<const BudgetTable> next = newest->Next();
    if (next == nullptr) break;
    newest = std::move(next);
  }
  return newest;
}

bool BudgetTable::AppliesTo(std::size_t index, std::optional<std::size_t> key,
                            std::size_t route) const {
  const Scope& scope = scopes_[index];
  return scope.routes[route] && (key ? scope.keys[*key] : scope.no_key);
}

std::optional<BudgetRefusal> BudgetTable::Reserve(const BudgetCall& call, BudgetHold& hold) const {
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
      // What was in the way may have gone meanwhile.
      return RefusalOf(call).value_or(Shortage(i, call.most, call.time));
    }
  }
  return std::nullopt;
}

std::optional<BudgetRefusal> BudgetTable::RefusalOf(const BudgetCall& call) const {
  std::optional<BudgetRefusal> longest;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].budget.when_spent != config::WhenSpent::kReject) continue;
    if (!AppliesTo(i, call.key, call.route) || !Counts(i, call.target)) continue;
    const BudgetRefusal refusal = Shortage(i, call.most, call.time);
    if (call.most <= refusal.limit - refusal.spent - refusal.reserved) continue;
    if (!longest || IsLonger(refusal, *longest)) longest = refusal;
  }
  return longest;
}

BudgetRefusal BudgetTable::Shortage(std::size_t index, NanoUsd most, std::int64_t time) const {
  const Entry& entry = entries_[index];
  const BudgetWindow& window = entry.spend->At(time);
  const NanoUsd spent = window.spent();
  return {.budget = index,
          .limit = entry.budget.limit,
          .most = most,
          .spent = spent,
          .reserved = std::max<NanoUsd>(window.committed() - spent, 0),
          .calls = window.calls(),
          .window = window.bounds()};
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
