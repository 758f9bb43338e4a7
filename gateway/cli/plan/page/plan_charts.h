#pragma once

#include <optional>
#include <string>

#include "gateway/cli/plan/plan_report.h"

namespace headgate::gateway {

// A chart of a report and what it says. Pure.
struct PlanChart {
  std::string title;
  std::string svg;
  std::string note;
  bool bars = false;  // has the legend of bars
};

// Cost of a month against its volume for API, self-hosting and hybrid; where this demand is, and
// where self-hosting breaks even. Both axes are logarithmic if the figures are far apart.
PlanChart VolumeChart(const PlanReport& report);

// An average day: what the replicas serve, and what goes to the API. Absent if the throughput is
// unknown.
std::optional<PlanChart> AverageDayChart(const PlanReport& report);

// Cost over the months ahead; absent without growth.
std::optional<PlanChart> GrowthChart(const PlanReport& report);

}  // namespace headgate::gateway
