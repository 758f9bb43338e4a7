#pragma once

#include <string>
#include <string_view>

#include "gateway/cli/plan/plan_report.h"

namespace headgate::gateway {

// The report as one HTML page that needs nothing else: no script, no font, no picture from
// elsewhere. `day` is shown as the date of the plan, such as "2026-11-29". Pure.
std::string PlanPage(const PlanReport& report, std::string_view day);

}  // namespace headgate::gateway
