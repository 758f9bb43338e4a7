#pragma once

#include <string>
#include <vector>

#include "gateway/cli/plan/plan_report.h"

namespace headgate::gateway {

// Rows of the answer's tables, for people. Pure.

// A row of "what would change the answer": the input, its present value, and the values at which
// the answer becomes another.
struct FlipRow {
  std::string input;
  std::string now;
  std::string lower;   // empty: none
  std::string higher;  // empty: none
};
FlipRow RowOf(const PlanReport& report, const policy::InputFlips& flips);

// The replicas of a volume; if the throughput is unknown, with what each must then serve.
std::string ReplicasAt(const PlanReport& report, const VolumeRow& row);

// "2 times", or "in 12 months".
std::string VolumeLabel(const VolumeRow& row);
// The answer at that volume.
std::string AnswerAt(const VolumeRow& row);
// Where self-hosting breaks even against a target.
std::string BreakEvenText(const PlanReport& report, const TargetBill& bill);

// A row of the costs of a month.
struct CostRow {
  std::string option;
  std::string cost;
  std::string per_million;
  std::string how;
  bool chosen = false;
};
std::vector<CostRow> CostRows(const PlanReport& report);

}  // namespace headgate::gateway
