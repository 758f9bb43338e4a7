#pragma once

#include <boost/json/object.hpp>
#include <cstdint>

#include "gateway/decide/dry_run.h"
#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {

// Adds the budgets that apply to the request with what is spent of them at `now` (milliseconds
// since 1970), and what spent budgets change: the order of `plan`, and the answer. Adds nothing if
// the request has no plan or no budget applies.
void AddBudgets(const Snapshot& snapshot, const DryRunResult& result, std::int64_t now,
                boost::json::object& explanation);

}  // namespace headgate::gateway
