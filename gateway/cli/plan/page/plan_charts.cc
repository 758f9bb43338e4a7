#include "gateway/cli/plan/page/plan_charts.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/cli/plan/page/day_chart.h"
#include "gateway/cli/plan/page/line_chart.h"
#include "gateway/cli/plan/plan_amounts.h"
#include "policy/plan/month.h"

namespace headgate::gateway {
namespace {

double Dollars(NanoUsd amount) { return static_cast<double>(amount) / 1e9; }

// "$2.5k", for axes.
std::string AxisUsd(double dollars) {
  if (dollars >= 1) return absl::StrCat("$", TokensText(std::llround(dollars)));
  return absl::StrFormat("$%g", dollars);
}

std::string AxisTokens(double tokens) { return TokensText(std::llround(tokens)); }

// The curves of the three options. Hybrid comes last, so that it lies on the others.
class OptionCurves {
 public:
  OptionCurves()
      : api_{.name = "API", .style = "api", .points = {}},
        self_{.name = "self-hosted", .style = "self", .points = {}, .steps = true},
        hybrid_{.name = "hybrid", .style = "hybrid", .points = {}} {}

  void Add(double x, const policy::MonthCosts& costs) {
    api_.points.emplace_back(x, Dollars(costs.api));
    self_.points.emplace_back(x, Dollars(costs.self_hosted));
    if (costs.hybrid) hybrid_.points.emplace_back(x, Dollars(costs.hybrid->Total()));
    for (const NanoUsd cost : {costs.api, costs.self_hosted}) {
      most_ = std::max(most_, Dollars(cost));
      if (cost > 0) least_ = std::min(least_, Dollars(cost));
    }
  }
  double most() const { return most_; }
  double least() const { return std::min(least_, most_); }
  std::vector<ChartSeries> Take() {
    std::vector<ChartSeries> out = {std::move(api_), std::move(self_)};
    if (!hybrid_.points.empty()) out.push_back(std::move(hybrid_));
    return out;
  }

 private:
  ChartSeries api_;
  ChartSeries self_;
  ChartSeries hybrid_;
  double most_ = 1e-6;  // dollars
  double least_ = 1e12;
};

// Further apart than this, a linear axis shows one of two figures as nothing.
constexpr double kFarApart = 12;

double TimesApart(double a, double b) { return std::max(a, b) / std::max(1e-9, std::min(a, b)); }

policy::MonthCosts CostsAt(const PlanReport& report, std::int64_t tokens) {
  policy::PlanCase plan = report.question.plan;
  plan.demand = policy::WithVolume(plan.demand, std::max<std::int64_t>(1, tokens));
  return policy::CostsOf(plan);
}

struct VolumeRange {
  double least = 0;
  double most = 0;
  bool logarithmic = false;
};

VolumeRange RangeOf(const PlanReport& report) {
  const auto here = static_cast<double>(report.tokens);
  const auto even = static_cast<double>(report.break_even.first.value_or(report.tokens));
  const bool far_costs =
      TimesApart(Dollars(report.costs.api), Dollars(report.costs.self_hosted)) > kFarApart;
  const auto most_tokens = static_cast<double>(policy::kMostTokens);
  if (!far_costs && TimesApart(here, even) <= kFarApart) {
    const double most = std::min(most_tokens, std::max(2.2 * here, 1.5 * even));
    return {0, Axis::Linear(most).most(), false};
  }
  const Axis axis = Axis::Logarithmic(std::max(1.0, std::min(here, even) / 4),
                                      std::min(most_tokens, std::max(here, even) * 4));
  return {axis.least(), axis.most(), true};
}

std::vector<ChartMark> VolumeMarks(const PlanReport& report, const VolumeRange& range) {
  const auto here = static_cast<double>(report.tokens);
  std::vector<ChartMark> marks = {
      {here, absl::StrCat("you: ", TokensText(report.tokens), " a month"), "here"}};
  if (report.break_even.first) {
    const auto even = static_cast<double>(*report.break_even.first);
    if (even <= range.most) {
      marks.push_back(
          {even, absl::StrCat("break-even: ", TokensText(*report.break_even.first)), "even"});
    }
  }
  return marks;
}

}  // namespace

PlanChart VolumeChart(const PlanReport& report) {
  constexpr int kSamples = 300;
  const VolumeRange range = RangeOf(report);
  OptionCurves curves;
  for (int i = 0; i <= kSamples; ++i) {
    const double part = static_cast<double>(i) / kSamples;
    const double x = range.logarithmic ? range.least * std::pow(range.most / range.least, part)
                                       : range.most * part;
    curves.Add(x, CostsAt(report, std::llround(x)));
  }
  LineChart chart;
  chart.label = "Cost of a month against its tokens, for API, self-hosted and hybrid";
  chart.x_name = "tokens a month";
  chart.x =
      range.logarithmic ? Axis::Logarithmic(range.least, range.most) : Axis::Linear(range.most);
  chart.y = range.logarithmic ? Axis::Logarithmic(curves.least(), curves.most())
                              : Axis::Linear(curves.most());
  chart.x_text = AxisTokens;
  chart.y_text = AxisUsd;
  chart.marks = VolumeMarks(report, range);
  chart.series = curves.Take();
  return {"Cost of a month against volume", LineChartSvg(chart),
          range.logarithmic
              ? "Each line of the grid is a multiple of ten: the figures are far apart."
              : "",
          false};
}

std::optional<PlanChart> AverageDayChart(const PlanReport& report) {
  const policy::PlanCase& plan = report.question.plan;
  if (!report.costs.hybrid) return std::nullopt;
  policy::Hybrid shown = *report.costs.hybrid;
  std::string whose = "the best hybrid";
  if (report.verdict != policy::Verdict::kHybrid || shown.replicas == 0) {
    shown = policy::HybridWith(plan, report.costs.replicas);
    whose = "self-hosting all of it";
  }
  const auto per_day = [](std::int64_t month) { return static_cast<double>(month) / 30.4; };
  const policy::HourProfile all = policy::InteractiveByHour(plan.demand);
  DayChart chart;
  chart.label =
      absl::StrCat("Tokens by hour of an average day with ", ReplicasText(shown.replicas));
  for (std::size_t hour = 0; hour < all.size(); ++hour) {
    chart.home[hour] = per_day(shown.home_by_hour[hour]);
    chart.away[hour] = per_day(all[hour] - shown.home_by_hour[hour]);
  }
  chart.capacity = per_day(plan.self.Capacity(shown.replicas) / 24);
  std::string note =
      absl::StrCat("With ", ReplicasText(shown.replicas), " at ", ShareText(plan.self.utilisation),
                   " utilisation. Under the line, unused, is the room that ", whose, " pays for.");
  if (policy::Total(policy::DeferrableTokens(plan.demand)) > 0) {
    note += " Work that can wait is not in the bars: it fills free room.";
  }
  return PlanChart{absl::StrCat("An average day of ", whose), DayChartSvg(chart), note, true};
}

std::optional<PlanChart> GrowthChart(const PlanReport& report) {
  if (report.question.growth == 0) return std::nullopt;
  constexpr int kUsual = 24;
  constexpr int kMost = 60;
  constexpr int kAfter = 6;
  int months = kUsual;
  for (const auto& change : {report.growth.crosses, report.growth.changes}) {
    if (change) months = std::clamp(change->month + kAfter, months, kMost);
  }
  LineChart chart;
  chart.x = Axis::Linear(months);
  months = static_cast<int>(chart.x.most());
  OptionCurves curves;
  for (int month = 0; month <= months; ++month) {
    curves.Add(month,
               CostsAt(report, policy::GrownVolume(report.tokens, report.question.growth, month)));
  }
  chart.label = "Cost of each month ahead, for API, self-hosted and hybrid";
  chart.x_name = "months from now";
  chart.y = TimesApart(curves.most(), curves.least()) > kFarApart * kFarApart
                ? Axis::Logarithmic(curves.least(), curves.most())
                : Axis::Linear(curves.most());
  chart.x_text = [](double month) { return absl::StrFormat("%g", month); };
  chart.y_text = AxisUsd;
  if (report.growth.crosses && report.growth.crosses->month <= months) {
    chart.marks.push_back({static_cast<double>(report.growth.crosses->month),
                           absl::StrCat("month ", report.growth.crosses->month), "even"});
  }
  chart.series = curves.Take();
  return PlanChart{"The months ahead", LineChartSvg(chart), "", false};
}

}  // namespace headgate::gateway
