#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/cli/plan/plan_question.h"
#include "policy/plan/break_even.h"
#include "policy/plan/growth.h"
#include "policy/plan/month_cost.h"
#include "policy/plan/sensitivity.h"
#include "policy/plan/verdict.h"

namespace headgate::gateway {

// The answer to a PlanQuestion. Plain values.

// All of the demand from one paid target.
struct TargetBill {
  std::string name;
  NanoUsd bill = 0;               // a month
  NanoUsdPerMillion blended = 0;  // nano-dollars per 1M tokens of this mix
  policy::BreakEven break_even;   // of the replicas, against this target
};

// The same mix at another volume.
struct VolumeRow {
  std::int64_t percent = 100;  // of the demand
  std::int64_t tokens = 0;     // a month
  policy::MonthCosts costs;
  policy::Verdict verdict = policy::Verdict::kTie;
};

struct PlanReport {
  PlanQuestion question;
  std::int64_t tokens = 0;  // a month
  policy::Replicas replicas;
  policy::MonthCosts costs;
  policy::Verdict verdict = policy::Verdict::kTie;
  policy::BreakEven break_even;
  NanoUsdPerMillion blended = 0;
  std::optional<policy::Hybrid> now;  // with the replicas there are; absent: not known
  std::vector<TargetBill> bills;      // the cheapest first
  std::vector<VolumeRow> volumes;
  std::vector<policy::InputFlips> flips;
  policy::GrowthPath growth;
};

// Pure.
PlanReport MakeReport(PlanQuestion question);

}  // namespace headgate::gateway
