#pragma once

#include <array>
#include <string>

namespace headgate::gateway {

// The hours of an average day as bars, each in two parts. Tokens an hour.
struct DayChart {
  std::string label;
  std::array<double, 24> home{};
  std::array<double, 24> away{};
  double capacity = 0;  // a horizontal line
};

// The chart as SVG. Pure.
std::string DayChartSvg(const DayChart& chart);

}  // namespace headgate::gateway
