#include "gateway/cli/plan/page/axis.h"

#include <algorithm>
#include <cmath>

namespace headgate::gateway {

Axis Axis::Linear(double most) {
  constexpr double kTicks = 5;
  const double rough = std::max(most, 1e-9) / kTicks;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double nice : {5.0, 2.5, 2.0, 1.0}) {
    if (rough <= nice * power * (1 + 1e-9)) step = nice * power;
  }
  Axis axis;
  axis.most_ = std::ceil(most / step - 1e-9) * step;
  const int count = static_cast<int>(std::lround(axis.most_ / step));
  for (int i = 0; i <= count; ++i) axis.ticks_.push_back(i * step);
  return axis;
}

Axis Axis::Logarithmic(double least, double most) {
  const int first = static_cast<int>(std::floor(std::log10(least) + 1e-9));
  const int last = std::max(first + 1, static_cast<int>(std::ceil(std::log10(most) - 1e-9)));
  Axis axis;
  axis.logarithmic_ = true;
  axis.least_ = std::pow(10, first);
  axis.most_ = std::pow(10, last);
  constexpr int kMostLabels = 6;
  const int stride = 1 + (last - first) / kMostLabels;
  for (int power = first; power <= last; power += stride)
    axis.ticks_.push_back(std::pow(10, power));
  return axis;
}

double Axis::At(double value) const {
  if (!logarithmic_) return (value - least_) / (most_ - least_);
  return std::log(std::max(value, least_ / 10) / least_) / std::log(most_ / least_);
}

}  // namespace headgate::gateway
