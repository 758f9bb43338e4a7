#include "loadtest/sim/base/distribution.h"

#include <cmath>

#include "loadtest/sim/base/text.h"

namespace headgate::loadtest::sim {
namespace {

std::optional<double> ParseValue(std::string_view text, Distribution::Quantity quantity) {
  if (quantity == Distribution::Quantity::kDuration) {
    const std::optional<Nanoseconds> span = ParseDuration(text);
    if (!span) return std::nullopt;
    return static_cast<double>(span->count());
  }
  const std::optional<std::int64_t> count = ParseCount(text);
  if (!count) return std::nullopt;
  return static_cast<double>(*count);
}

}  // namespace

Distribution Distribution::Constant(double value) {
  Distribution made;
  made.first_ = value;
  return made;
}

std::optional<Distribution> Distribution::Parse(std::string_view text, Quantity quantity) {
  const auto [kind, values] = SplitOnce(text, ':');
  std::optional<double> first;
  std::optional<double> second = 0;
  Distribution parsed;
  if (kind == "uniform") {
    parsed.shape_ = Shape::kUniform;
    const std::size_t dots = values.find("..");
    if (dots == std::string_view::npos) return std::nullopt;
    first = ParseValue(values.substr(0, dots), quantity);
    second = ParseValue(values.substr(dots + 2), quantity);
    if (first && second && *first > *second) return std::nullopt;
  } else if (kind == "lognormal") {
    parsed.shape_ = Shape::kLognormal;
    const auto [median, sigma] = SplitOnce(values, ',');
    first = ParseValue(median, quantity);
    second = ParseReal(sigma);
    if (second && *second > 10) return std::nullopt;
  } else if (kind == "exp") {
    parsed.shape_ = Shape::kExponential;
    first = ParseValue(values, quantity);
  } else {
    first = ParseValue(text, quantity);
  }
  if (!first || !second) return std::nullopt;
  parsed.first_ = *first;
  parsed.second_ = *second;
  return parsed;
}

double Distribution::Sample(Random& random) const {
  switch (shape_) {
    case Shape::kConstant:
      return first_;
    case Shape::kUniform:
      return first_ + (second_ - first_) * std::generate_canonical<double, 53>(random);
    case Shape::kLognormal:
      return first_ * std::exp(second_ * std::normal_distribution<double>()(random));
    case Shape::kExponential:
      return first_ * std::exponential_distribution<double>()(random);
  }
  return 0;
}

std::int64_t Distribution::SampleCount(Random& random) const {
  return std::llround(Sample(random));
}

}  // namespace headgate::loadtest::sim
