#include "gateway/cli/plan/plan_report.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/plan/month.h"

namespace headgate::gateway {
namespace {

std::vector<TargetBill> BillsOf(const PlanQuestion& question) {
  std::vector<TargetBill> out;
  for (const policy::PaidTarget& target : question.targets) {
    policy::PlanCase plan = question.plan;
    plan.api = target;
    out.push_back({target.name, policy::ApiBill(target, policy::AllTokens(plan.demand)),
                   policy::BlendedPrice(plan), policy::BreakEvenOf(plan)});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const TargetBill& a, const TargetBill& b) { return a.bill < b.bill; });
  return out;
}

std::vector<VolumeRow> RowsOf(const policy::PlanCase& plan, std::int64_t tokens) {
  // Volumes are underestimated tenfold more often than overestimated.
  constexpr std::array<std::int64_t, 5> kPercents = {50, 100, 200, 500, 1000};
  std::vector<VolumeRow> out;
  for (const std::int64_t percent : kPercents) {
    VolumeRow row;
    row.percent = percent;
    row.tokens = policy::Scaled(tokens, percent, 100);
    if (row.tokens == 0 || row.tokens > policy::kMostTokens) continue;
    policy::PlanCase then = plan;
    if (percent != 100) then.demand = policy::WithVolume(plan.demand, row.tokens);
    row.costs = policy::CostsOf(then);
    row.verdict = policy::Choose(row.costs);
    out.push_back(row);
  }
  return out;
}

}  // namespace

PlanReport MakeReport(PlanQuestion question) {
  const policy::PlanCase& plan = question.plan;
  PlanReport report;
  report.tokens = policy::Total(policy::AllTokens(plan.demand));
  report.replicas = policy::ReplicasFor(plan.demand, plan.self);
  report.costs = policy::CostsOf(plan);
  report.verdict = policy::Choose(report.costs);
  report.break_even = policy::BreakEvenOf(plan);
  report.blended = policy::BlendedPrice(plan);
  if (question.replicas && plan.self.tokens_per_hour) {
    report.now = policy::HybridWith(plan, *question.replicas);
  }
  report.bills = BillsOf(question);
  report.volumes = RowsOf(plan, report.tokens);
  report.flips = policy::FlipsOf(plan);
  report.growth = policy::PathOf(plan, question.growth);
  report.question = std::move(question);
  return report;
}

}  // namespace headgate::gateway
