#include "gateway/cli/plan/page/line_chart.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/cli/plan/page/html_text.h"

namespace headgate::gateway {
namespace {

constexpr double kMarkRow = 17;  // height of a label's line

double XOf(const Axis& axis, double value) {
  return kChartLeft + (kChartRight - kChartLeft) * axis.At(value);
}

double YOf(const Axis& axis, double value) {
  return kChartBottom - (kChartBottom - kChartTop) * axis.At(value);
}

std::string XAxis(const LineChart& chart) {
  std::string out;
  for (const double tick : chart.x.ticks()) {
    const double x = XOf(chart.x, tick);
    absl::StrAppendFormat(&out,
                          "<line class=\"tick\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
                          x, x, kChartBottom, kChartBottom + 5);
    const bool last = x > kChartRight - 24;
    out += ChartText(last ? kChartRight + 8 : x, kChartBottom + 20, last ? "end" : "middle",
                     chart.x_text(tick));
  }
  out += ChartText((kChartLeft + kChartRight) / 2, kChartBottom + 42, "middle", chart.x_name);
  return out;
}

std::string Curve(const LineChart& chart, const ChartSeries& series) {
  std::string path;
  double last_y = 0;
  for (const auto& [px, py] : series.points) {
    const double x = XOf(chart.x, px);
    const double y = YOf(chart.y, py);
    if (path.empty()) {
      absl::StrAppendFormat(&path, "M%.1f %.1f", x, y);
    } else if (series.steps && y != last_y) {
      absl::StrAppendFormat(&path, "H%.1fV%.1f", x, y);
    } else {
      absl::StrAppendFormat(&path, "L%.1f %.1f", x, y);
    }
    last_y = y;
  }
  return absl::StrCat("<path class=\"curve ", series.style, "\" d=\"", path, "\"><title>",
                      Escaped(series.name), "</title></path>");
}

constexpr double kMarkRoom = 180;  // width of a label, at most

std::string MarkLine(const LineChart& chart, const ChartMark& mark, double row) {
  const double x = XOf(chart.x, mark.x);
  return absl::StrFormat(
      "<line class=\"mark %s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", mark.style, x, x,
      row + 4, kChartBottom);
}

std::string MarkLabel(const LineChart& chart, const ChartMark& mark, double row, bool left) {
  const double x = XOf(chart.x, mark.x);
  return ChartText(left ? x - 5 : x + 5, row, left ? "end" : "start", mark.text);
}

// The line of a mark begins at its label, so only the line of the upper one can cross the label of
// the lower one. The upper mark is the left one while the right one has room on its right.
std::string Marks(const LineChart& chart) {
  std::vector<ChartMark> marks = chart.marks;
  std::sort(marks.begin(), marks.end(),
            [](const ChartMark& a, const ChartMark& b) { return a.x < b.x; });
  const bool right_has_room =
      !marks.empty() && XOf(chart.x, marks.back().x) + kMarkRoom < kChartRight;
  if (!right_has_room) std::reverse(marks.begin(), marks.end());
  std::string out;
  double row = kMarkRow;
  for (const ChartMark& mark : marks) {
    const bool left_has_room = XOf(chart.x, mark.x) - kMarkRoom > kChartLeft;
    const bool last = &mark == &marks.back();
    const bool left = left_has_room && !(right_has_room && last);
    absl::StrAppend(&out, MarkLine(chart, mark, row), MarkLabel(chart, mark, row, left));
    row += kMarkRow;
  }
  return out;
}

}  // namespace

std::string ChartOpening(const std::string& label) {
  return absl::StrFormat("<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\">",
                         kChartWidth, kChartHeight, Escaped(label));
}

std::string ChartText(double x, double y, const std::string& anchor, const std::string& text) {
  return absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>", x, y, anchor,
                         Escaped(text));
}

std::string ChartYAxis(const Axis& y, const std::function<std::string(double)>& text) {
  std::string out;
  for (const double tick : y.ticks()) {
    const double at = YOf(y, tick);
    absl::StrAppendFormat(&out,
                          "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
                          kChartLeft, kChartRight, at, at);
    out += ChartText(kChartLeft - 8, at + 4, "end", text(tick));
  }
  return out;
}

std::string LineChartSvg(const LineChart& chart) {
  std::string out = ChartOpening(chart.label);
  absl::StrAppend(&out, ChartYAxis(chart.y, chart.y_text), XAxis(chart));
  // What is above or below the plot is cut off by a nested picture.
  absl::StrAppendFormat(
      &out,
      "<svg x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" viewBox=\"%.0f %.0f %.0f %.0f\">",
      kChartLeft, kChartTop - 3, kChartRight - kChartLeft, kChartBottom - kChartTop + 6, kChartLeft,
      kChartTop - 3, kChartRight - kChartLeft, kChartBottom - kChartTop + 6);
  for (const ChartSeries& series : chart.series) out += Curve(chart, series);
  absl::StrAppend(&out, "</svg>", Marks(chart), "</svg>");
  return out;
}

}  // namespace headgate::gateway
