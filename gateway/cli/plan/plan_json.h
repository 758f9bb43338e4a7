#pragma once

#include <boost/json/object.hpp>

#include "gateway/cli/plan/plan_report.h"

namespace headgate::gateway {

// The report for programs: whole nano-dollars and tokens, of a month unless a name says otherwise.
// What is not known is null.
boost::json::object PlanToJson(const PlanReport& report);

}  // namespace headgate::gateway
