#pragma once

#include <vector>

namespace headgate::gateway {

// One axis of a chart: where a value is, and the values that have a label. Floating point, because
// it is a picture. Immutable.
class Axis {
 public:
  // Linear from 0 to a round value at or above `most` > 0.
  static Axis Linear(double most);
  // Logarithmic between the powers of ten around `least` > 0 and `most`.
  static Axis Logarithmic(double least, double most);

  // 0 at the beginning, 1 at the end; outside for values outside.
  double At(double value) const;
  double least() const { return least_; }
  double most() const { return most_; }
  const std::vector<double>& ticks() const { return ticks_; }

 private:
  bool logarithmic_ = false;
  double least_ = 0;
  double most_ = 1;
  std::vector<double> ticks_;
};

}  // namespace headgate::gateway
