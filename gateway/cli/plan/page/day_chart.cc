#include "gateway/cli/plan/page/day_chart.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/cli/plan/page/line_chart.h"
#include "gateway/cli/plan/plan_amounts.h"

namespace headgate::gateway {
namespace {

std::string BarTokens(double value) { return TokensText(std::llround(value)); }

std::string Bar(const char* style, double x, double width, double top, double bottom,
                const std::string& title) {
  if (bottom - top < 0.05) return "";
  return absl::StrFormat(
      "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
      "height=\"%.1f\"><title>%s</title></rect>",
      style, x, top, width, bottom - top, title);
}

}  // namespace

std::string DayChartSvg(const DayChart& chart) {
  double most = chart.capacity;
  for (std::size_t hour = 0; hour < 24; ++hour) {
    most = std::max(most, chart.home[hour] + chart.away[hour]);
  }
  const Axis y = Axis::Linear(most);
  const auto at = [&](double value) {
    return kChartBottom - (kChartBottom - kChartTop) * y.At(value);
  };
  std::string out = ChartOpening(chart.label);
  out += ChartYAxis(y, BarTokens);
  constexpr double kSlot = (kChartRight - kChartLeft) / 24;
  for (std::size_t hour = 0; hour < 24; ++hour) {
    const double x = kChartLeft + kSlot * static_cast<double>(hour);
    const double middle = at(chart.home[hour]);
    out += Bar("bar self", x + 2, kSlot - 4, middle, at(0),
               absl::StrCat(hour, ":00 self-hosted: ", BarTokens(chart.home[hour]), " tokens"));
    out += Bar("bar api", x + 2, kSlot - 4, at(chart.home[hour] + chart.away[hour]), middle,
               absl::StrCat(hour, ":00 API: ", BarTokens(chart.away[hour]), " tokens"));
    if (hour % 3 == 0) {
      out +=
          ChartText(x + kSlot / 2, kChartBottom + 20, "middle", absl::StrFormat("%02d:00", hour));
    }
  }
  const double line = at(chart.capacity);
  absl::StrAppendFormat(
      &out, "<line class=\"mark capacity\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
      kChartLeft, kChartRight, line, line);
  absl::StrAppend(&out,
                  ChartText(kChartLeft + 6, line - 6, "start",
                            absl::StrCat("capacity ", BarTokens(chart.capacity))),
                  ChartText((kChartLeft + kChartRight) / 2, kChartBottom + 42, "middle",
                            "hour of an average day, tokens an hour"),
                  "</svg>");
  return out;
}

}  // namespace headgate::gateway
