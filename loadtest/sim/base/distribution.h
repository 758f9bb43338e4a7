// A random quantity described by text: the delay before a token, or the number of tokens of an
// answer. Samples are never negative. *immutable*; the generator is an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

#include "loadtest/sim/base/clock.h"

namespace headgate::loadtest::sim {

using Random = std::mt19937_64;

class Distribution {
 public:
  // Nanoseconds for durations (`20ms`), plain numbers for counts (`32`).
  enum class Quantity { kDuration, kCount };

  // The constant 0.
  Distribution() = default;
  static Distribution Constant(double value);

  // Reads `V`, `uniform:LOW..HIGH`, `lognormal:MEDIAN,SIGMA` or `exp:MEAN`. The values carry a unit
  // if `quantity` is a duration. SIGMA (0..10) is the standard deviation of the logarithm. Returns
  // nullopt for any other text, or if LOW exceeds HIGH.
  static std::optional<Distribution> Parse(std::string_view text, Quantity quantity);

  double Sample(Random& random) const;
  Nanoseconds SampleDuration(Random& random) const {
    return Nanoseconds(static_cast<std::int64_t>(Sample(random)));
  }
  // The nearest whole number.
  std::int64_t SampleCount(Random& random) const;

 private:
  enum class Shape { kConstant, kUniform, kLognormal, kExponential };

  Shape shape_ = Shape::kConstant;
  // constant: value; uniform: low and high; lognormal: median and sigma; exponential: mean.
  double first_ = 0;
  double second_ = 0;
};

}  // namespace headgate::loadtest::sim
