#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/base/mutex.h"
#include "config/config.h"
#include "policy/budgets/budget_hold.h"
#include "policy/budgets/budget_refusal.h"
#include "policy/budgets/budget_spend.h"

namespace headgate::policy {

// A target, as far as budgets look at it.
struct BudgetTarget {
  std::string backend;
  std::string model;
  config::Hosting hosting = config::Hosting::kPaidApi;
};

// One call, by indices of the configuration and of the targets.
struct BudgetCall {
  std::optional<std::size_t> key;
  std::size_t route = 0;
  std::size_t target = 0;
  NanoUsd most = 0;       // that it may cost: paid, or rent
  std::int64_t time = 0;  // when the request was admitted, in milliseconds since 1970
};

// The budgets of one configuration. A reload makes a new table that shares what budgets of the same
// scope, period, zone and `counts` have spent; of several such budgets first those of the same
// `when_spent`. Requests that began under a table end under it, and what they cost is also told to
// the table that is in force then (restore_budgets.h). Immutable, but for what is spent and its
// successor; thread-safe.
class BudgetTable {
 public:
  // `targets` in the order of BudgetCall::target. Changes nothing in `previous` (null at start).
  BudgetTable(const config::Config& config, const std::vector<BudgetTarget>& targets,
              const BudgetTable* previous);

  struct Entry {
    config::Budget budget;
    std::string name;  // config::NameOf
    std::shared_ptr<BudgetSpend> spend;

    // Returns whether all is spent. Of a budget that rejects, what is reserved counts as spent: no
    // other call may have it. A soft budget counts only what is spent, because one call can reserve
    // any amount.
    bool IsSpent(std::int64_t time) const {
      const BudgetWindow& window = spend->At(time);
      const bool rejects = budget.when_spent == config::WhenSpent::kReject;
      return (rejects ? window.committed() : window.spent()) >= budget.limit;
    }
  };
  const std::vector<Entry>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  bool Has(const std::shared_ptr<BudgetSpend>& spend) const;

  // Notes that `next` is in force from now on.
  void ReplaceBy(std::shared_ptr<const BudgetTable> next) const EXCLUDES_LOCK(mutex_);
  bool IsReplaced() const { return is_replaced_.load(std::memory_order_acquire); }
  // Returns the table that is in force instead of this one; null: this one is.
  std::shared_ptr<const BudgetTable> Newest() const;

  // Reserves the most that the call may cost in all budgets that apply to it, or in none. Returns
  // why a budget rejects the call. Budgets that reject nothing reserve in any case, at most their
  // limit for a call.
  // REQUIRES: `hold` is empty.
  std::optional<BudgetRefusal> Reserve(const BudgetCall& call, BudgetHold& hold) const;
  // Returns why a budget would reject the call now, and reserves nothing. Of several budgets it is
  // the one that rejects the call for the longest time.
  std::optional<BudgetRefusal> RefusalOf(const BudgetCall& call) const;
  // Returns what a budget has no room for at `time`, with its sums. `most` is > 0.
  BudgetRefusal Shortage(std::size_t index, NanoUsd most, std::int64_t time) const;

  // Returns whether the budget applies to requests of the key on the route.
  bool AppliesTo(std::size_t index, std::optional<std::size_t> key, std::size_t route) const;
  // Returns whether it counts what calls of the target cost.
  bool Counts(std::size_t index, std::size_t target) const {
    return scopes_[index].targets[target];
  }
  // Returns the fewest tokens of output that a rejecting budget assumes for a call of a request
  // that says no maximum; nullopt if no such budget counts it. `call`: without its cost and time.
  std::optional<std::int64_t> AssumedOutput(const BudgetCall& call) const;

 private:
  struct Scope {
    std::vector<bool> keys;
    bool no_key = false;
    std::vector<bool> routes;
    std::vector<bool> targets;
  };

  std::vector<Entry> entries_;
  std::vector<Scope> scopes_;  // parallel to entries_

  std::shared_ptr<const BudgetTable> Next() const EXCLUDES_LOCK(mutex_);

  mutable std::atomic<bool> is_replaced_{false};
  mutable Mutex mutex_;
  mutable std::shared_ptr<const BudgetTable> next_ GUARDED_BY(mutex_);
};

}  // namespace headgate::policy
