#include "gateway/cli/plan/plan_bounds.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "config/reader/units.h"
#include "gateway/cli/plan/plan_amounts.h"
#include "gateway/cli/plan/plan_demand.h"
#include "gateway/cli/plan/plan_report.h"
#include "policy/plan/month.h"

namespace headgate::gateway {
namespace {

using policy::kMillion;

std::string BusyText(const PlanReport& report) {
  constexpr std::int64_t kPercent = 10'000;
  const std::int64_t busy = *report.question.busy;
  return busy < kPercent ? "less than 1 %" : ShareText(busy / kPercent * kPercent);
}

std::string ReplicasCost(const policy::MonthCosts& costs) {
  return absl::StrCat(ReplicasText(costs.replicas), costs.replicas == 1 ? " costs " : " cost ",
                      MoneyText(costs.self_hosted));
}

}  // namespace

absl::Status ObserveBusy(const PlanFlags& flags, const ObservedThroughput& seen,
                         std::int64_t replicas, PlanQuestion& question) {
  std::string source = kGiven;
  if (!flags.busy.empty()) {
    const config::Parsed<std::int64_t> share = config::ParsePercentage(flags.busy);
    if (!share.value) return FlagError("--busy", flags.busy, share.complaint);
    if (*share.value == 0) {
      return FlagError("--busy", flags.busy, {"serves nothing", "write 1% to 100%"});
    }
    question.busy = share.value;
  } else {
    constexpr std::int64_t kSpansPerHour = 3600 / ObservedTraffic::kSpan;
    const NanoUsd rent =
        policy::Scaled(policy::Product(question.plan.self.rent_per_replica_month, replicas), 10,
                       policy::kHoursOfTenMonths * kSpansPerHour);
    if (seen.cost <= 0 || rent <= 0) return absl::OkStatus();
    question.busy =
        std::clamp<std::int64_t>(policy::Scaled(seen.cost, kMillion, rent), 1, kMillion);
    source = "observed: the rent of held slots in these five minutes over all rent";
  }
  question.assumptions.push_back({"replicas were busy", ShareText(*question.busy), source});
  return absl::OkStatus();
}

std::optional<policy::PlanCase> CaseOfMost(const PlanQuestion& question) {
  if (!question.busy || *question.busy >= kBusyEnough || !question.plan.self.tokens_per_hour) {
    return std::nullopt;
  }
  policy::PlanCase most = question.plan;
  most.self.tokens_per_hour = policy::Scaled(*most.self.tokens_per_hour, kMillion, *question.busy);
  return most;
}

std::optional<PlanBounds> BoundsOf(const PlanQuestion& question) {
  const std::optional<policy::PlanCase> most = CaseOfMost(question);
  if (!most) return std::nullopt;
  PlanBounds bounds;
  bounds.most = *most->self.tokens_per_hour;
  bounds.costs = policy::CostsOf(*most);
  bounds.verdict = policy::Choose(bounds.costs);
  bounds.break_even = policy::BreakEvenOf(*most);
  bounds.pays = policy::ThroughputThatPays(*most);
  return bounds;
}

bool IsUndecided(const PlanReport& report) {
  return report.bounds && report.bounds->verdict != report.verdict;
}

std::string UndecidedHeadline(const PlanReport& report) {
  const std::int64_t least = *report.question.plan.self.tokens_per_hour;
  std::string text = absl::StrCat(
      "Cannot say: the replicas were ", BusyText(report), " busy, so ", ThroughputText(least),
      " is what each had to do, not what it can do. Give --throughput.");
  if (!report.bounds->pays) {
    absl::StrAppend(&text, " The rent of one replica is more than the bill of the API.");
  } else if (*report.bounds->pays <= least) {
    absl::StrAppend(&text, " Self-hosting costs less already; it is not known how much.");
  } else {
    absl::StrAppend(&text, " From ", ThroughputText(*report.bounds->pays),
                    " on self-hosting pays.");
  }
  return text;
}

std::string UndecidedReason(const PlanReport& report) {
  return absl::StrCat(report.question.plan.api.name, " costs ", MoneyText(report.costs.api),
                      " a month. At ", ThroughputText(*report.question.plan.self.tokens_per_hour),
                      " ", ReplicasCost(report.costs), "; at ", ThroughputText(report.bounds->most),
                      ", the most that full slots could give, ", ReplicasCost(report.bounds->costs),
                      ".");
}

std::string BoundsSentence(const PlanReport& report) {
  const policy::BreakEven& even = report.bounds->break_even;
  return absl::StrCat(
      "All this is for the least that replicas can do: they were ", BusyText(report), " busy. At ",
      ThroughputText(report.bounds->most), ", the most that full slots could give, ",
      even.first ? absl::StrCat("self-hosting breaks even at ", VolumeText(*even.first))
                 : std::string("no volume breaks even"),
      ".");
}

}  // namespace headgate::gateway
