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

// The replicas for `tokens` a month that are routed as today. They are the present ones until these
// would be busier than planned.
std::int64_t ReplicasOfToday(const PlanQuestion& question, std::int64_t tokens) {
  const policy::SelfHosting& self = question.plan.self;
  const RoutedToday& today = *question.today;
  const std::int64_t there = *question.replicas;
  const std::int64_t home = policy::Scaled(today.home_tokens, tokens, today.tokens);
  if (tokens <= today.tokens || home == 0) return there;
  std::int64_t needed = there;
  if (question.busy) {
    const std::int64_t busy = policy::Scaled(*question.busy, tokens, today.tokens);
    const std::int64_t slots = policy::Product(there, busy);
    needed = slots / self.utilisation + (slots % self.utilisation > 0 ? 1 : 0);
  } else if (self.tokens_per_hour) {
    needed = policy::ReplicasFor(policy::WithVolume(question.plan.demand, home), self).peak;
  }
  return std::max(there, needed);
}

std::optional<RoutedCost> RoutedAt(const PlanQuestion& question, std::int64_t tokens) {
  if (!question.today || !question.replicas || question.today->tokens <= 0) return std::nullopt;
  RoutedCost cost;
  cost.elsewhere = policy::Scaled(question.today->elsewhere, tokens, question.today->tokens);
  cost.replicas = ReplicasOfToday(question, tokens);
  cost.rent = policy::Product(question.plan.self.rent_per_replica_month, cost.replicas);
  return cost;
}

std::optional<VolumeRow> RowAt(const PlanQuestion& question, std::int64_t tokens) {
  if (tokens == 0 || tokens > policy::kMostTokens) return std::nullopt;
  const auto costs_at = [tokens](policy::PlanCase plan) {
    if (policy::Total(policy::AllTokens(plan.demand)) != tokens) {
      plan.demand = policy::WithVolume(plan.demand, tokens);
    }
    return policy::CostsOf(plan);
  };
  VolumeRow row;
  row.tokens = tokens;
  row.costs = costs_at(question.plan);
  row.verdict = policy::Choose(row.costs);
  row.today = RoutedAt(question, tokens);
  const std::optional<policy::PlanCase> most = CaseOfMost(question);
  row.undecided = most && policy::Choose(costs_at(*most)) != row.verdict;
  return row;
}

std::vector<VolumeRow> RowsOf(const PlanQuestion& question, std::int64_t tokens) {
  // Volumes are underestimated tenfold more often than overestimated.
  constexpr std::array<std::int64_t, 5> kPercents = {50, 100, 200, 500, 1000};
  constexpr std::array kMonths = {6, 12, 24};
  std::vector<VolumeRow> out;
  for (const std::int64_t percent : kPercents) {
    std::optional<VolumeRow> row = RowAt(question, policy::Scaled(tokens, percent, 100));
    if (!row) continue;
    row->percent = percent;
    out.push_back(*row);
  }
  for (const int month : kMonths) {
    if (question.growth == 0) break;
    std::optional<VolumeRow> row =
        RowAt(question, policy::GrownVolume(tokens, question.growth, month));
    if (!row) continue;
    row->month = month;
    out.push_back(*row);
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
  report.today = RoutedAt(question, report.tokens);
  report.bounds = BoundsOf(question);
  report.bills = BillsOf(question);
  report.volumes = RowsOf(question, report.tokens);
  report.flips = policy::FlipsOf(plan);
  report.growth = policy::PathOf(plan, question.growth);
  report.question = std::move(question);
  return report;
}

}  // namespace headgate::gateway
