#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/cli/plan/plan_bounds.h"
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

// A month of the observed mix of targets.
struct RoutedCost {
  NanoUsd elsewhere = 0;  // grows with the volume
  std::int64_t replicas = 0;
  NanoUsd rent = 0;  // of all replicas, busy or not
  NanoUsd Total() const { return elsewhere + rent; }
};

// The same mix at another volume.
struct VolumeRow {
  std::int64_t percent = 0;  // of the demand; 0: that of `month`
  int month = 0;             // of growth; 0: none
  std::int64_t tokens = 0;   // a month
  policy::MonthCosts costs;
  policy::Verdict verdict = policy::Verdict::kTie;
  bool undecided = false;           // another verdict if the replicas can do the most
  std::optional<RoutedCost> today;  // routed as it was
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
  std::optional<RoutedCost> today;    // routed as it was; absent: not known
  std::optional<PlanBounds> bounds;   // absent: the throughput is not that of idle replicas
  std::vector<TargetBill> bills;      // the cheapest first
  std::vector<VolumeRow> volumes;
  std::vector<policy::InputFlips> flips;
  policy::GrowthPath growth;
};

// Pure.
PlanReport MakeReport(PlanQuestion question);

}  // namespace headgate::gateway
