#include "gateway/cli/plan/plan_rows.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/cli/plan/plan_amounts.h"
#include "gateway/cli/plan/plan_words.h"
#include "policy/plan/month.h"

namespace headgate::gateway {
namespace {

using policy::DayFromMonth;
using policy::kMillion;
using policy::PlanInput;
using policy::Verdict;

std::string HomeShare(const policy::Hybrid& hybrid, std::int64_t tokens) {
  return ShareText(policy::Scaled(hybrid.home_tokens, kMillion, tokens));
}

std::string FlipText(const PlanReport& report, PlanInput input,
                     const std::optional<policy::Flip>& flip) {
  if (!flip) return "";
  return absl::StrCat(InputText(report, input, flip->value), ": ", VerdictText(flip->becomes));
}

CostRow MakeRow(const PlanReport& report, std::string option, NanoUsd cost, std::string how,
                bool chosen) {
  return {std::move(option), MoneyText(cost),
          UnitPriceText(policy::Scaled(cost, kMillion, report.tokens)), std::move(how), chosen};
}

}  // namespace

std::string ReplicasAt(const PlanReport& report, const VolumeRow& row) {
  std::string replicas = ReplicasText(row.costs.replicas);
  if (report.break_even.replica_serves) return replicas;
  return absl::StrCat(replicas, ", if each serves ",
                      ThroughputText(PeakOfEach(report, row.tokens)));
}

std::string VolumeLabel(const VolumeRow& row) {
  if (row.month > 0) return absl::StrCat("in ", row.month, " months");
  return absl::StrFormat("%g times", static_cast<double>(row.percent) / 100);
}

std::string AnswerAt(const VolumeRow& row) {
  return row.undecided ? "cannot say" : VerdictText(row.verdict);
}

std::string BreakEvenText(const PlanReport& report, const TargetBill& bill) {
  if (bill.break_even.first) return VolumeText(*bill.break_even.first);
  return IsUndecided(report) ? "cannot say" : "no volume";
}

FlipRow RowOf(const PlanReport& report, const policy::InputFlips& flips) {
  return {InputName(flips.input),
          InputText(report, flips.input, policy::PresentValue(report.question.plan, flips.input)),
          FlipText(report, flips.input, flips.down), FlipText(report, flips.input, flips.up)};
}

std::vector<CostRow> CostRows(const PlanReport& report) {
  const policy::MonthCosts& costs = report.costs;
  const std::string& api = report.question.plan.api.name;
  const bool decided = !IsUndecided(report);
  std::vector<CostRow> rows;
  if (report.today) {
    const RoutedToday& today = *report.question.today;
    rows.push_back(
        MakeRow(report, "as routed today", report.today->Total(),
                absl::StrCat(MoneyText(report.today->elsewhere), " booked at other backends, ",
                             MoneyText(report.today->rent), " rent of ",
                             ReplicasText(report.today->replicas), ", which served ",
                             ShareText(policy::Scaled(today.home_tokens, kMillion, today.tokens)),
                             " of the tokens"),
                false));
  }
  rows.push_back(MakeRow(report, api == "API" ? api : absl::StrCat("API: ", api), costs.api,
                         absl::StrCat(MoneyText(DayFromMonth(costs.api)), " a day"),
                         decided && report.verdict == Verdict::kApi));
  const std::string self = report.question.plan.self.name == "self-hosted"
                               ? "self-hosted"
                               : absl::StrCat("self-hosted: ", report.question.plan.self.name);
  const std::string count =
      report.break_even.replica_serves
          ? absl::StrCat(ReplicasText(costs.replicas), " for the peak, ",
                         CountText(report.replicas.average), " for the average")
          : absl::StrCat(ReplicasText(costs.replicas), ", taken as enough");
  rows.push_back(MakeRow(report, self, costs.self_hosted, count,
                         decided && report.verdict == Verdict::kSelfHost));
  const auto shared = [&](const policy::Hybrid& hybrid) {
    return absl::StrCat(ReplicasText(hybrid.replicas), " (", MoneyText(hybrid.rent), ") for ",
                        HomeShare(hybrid, report.tokens), " of the tokens, API (",
                        MoneyText(hybrid.bill), ") for the rest");
  };
  if (costs.hybrid) {
    rows.push_back(MakeRow(
        report, "hybrid, at its best", costs.hybrid->Total(),
        costs.hybrid->replicas == 0 ? "no replica pays for itself: all API" : shared(*costs.hybrid),
        decided && report.verdict == Verdict::kHybrid));
  }
  if (report.now) {
    rows.push_back(MakeRow(report, absl::StrCat("hybrid with ", ReplicasText(report.now->replicas)),
                           report.now->Total(), shared(*report.now), false));
  }
  return rows;
}

}  // namespace headgate::gateway
