#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/config.h"
#include "gateway/decide/dry_run.h"
#include "policy/budgets/budget_table.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// A configuration with its budgets.
struct BudgetsInForce {
  const config::Config& config;
  const routing::CompiledPolicy& policy;
  const policy::BudgetTable& budgets;
};

struct BudgetMoment {
  std::int64_t time = 0;       // milliseconds since 1970
  std::size_t body_bytes = 0;  // of the request
};

// Adds the budgets that apply to the request with what is spent of them at the moment, and what
// they change: the order of `plan`, targets that are passed over, a refusal with its figures. Adds
// nothing if the request has no plan or no budget applies.
void AddBudgets(const BudgetsInForce& force, const DryRunResult& result, const BudgetMoment& moment,
                boost::json::object& explanation);

// A request by names, which the configuration in force may not have any more.
struct RequestOfBudgets {
  std::string_view key;  // empty: none
  std::string_view route;
};

// Adds the budgets that apply to such a request, with what is spent of them at `now` (milliseconds
// since 1970), and changes nothing else.
void ListBudgets(const BudgetsInForce& force, const RequestOfBudgets& request, std::int64_t now,
                 boost::json::object& explanation);

}  // namespace headgate::gateway
