#pragma once

#include <iosfwd>

#include "gateway/cli/plan/plan_report.h"

namespace headgate::gateway {

// Prints the report for people, in rounded amounts.
void PrintPlan(const PlanReport& report, std::ostream& out);

}  // namespace headgate::gateway
