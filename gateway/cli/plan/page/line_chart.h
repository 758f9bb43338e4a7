#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/cli/plan/page/axis.h"

namespace headgate::gateway {

struct ChartSeries {
  std::string name;
  std::string style;                              // a class of page_style.h
  std::vector<std::pair<double, double>> points;  // x rises
  bool steps = false;                             // holds its value up to the next point
};

// A vertical line with a label above the plot.
struct ChartMark {
  double x = 0;
  std::string text;
  std::string style;
};

struct LineChart {
  std::string label;  // what it shows, for those who do not see it
  std::string x_name;
  Axis x;
  Axis y;
  std::function<std::string(double)> x_text;
  std::function<std::string(double)> y_text;
  std::vector<ChartSeries> series;
  std::vector<ChartMark> marks;  // at most two, each with a line of its own for its label
};

// The size of every chart, in units of its viewBox.
inline constexpr double kChartWidth = 760;
inline constexpr double kChartHeight = 380;
inline constexpr double kChartLeft = 76;
inline constexpr double kChartRight = 744;
inline constexpr double kChartTop = 48;
inline constexpr double kChartBottom = 328;

// The parts of an SVG that charts share: the opening tag with its label, and the y axis with lines.
std::string ChartOpening(const std::string& label);
std::string ChartYAxis(const Axis& y, const std::function<std::string(double)>& text);
// A text; `anchor` is start, middle or end.
std::string ChartText(double x, double y, const std::string& anchor, const std::string& text);

// The chart as SVG. Pure.
std::string LineChartSvg(const LineChart& chart);

}  // namespace headgate::gateway
