#include "loadtest/load/traffic/schedule.h"

#include <cmath>

namespace headgate::loadtest::load {
namespace {

double InSeconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

Schedule::Schedule(const Scenario& scenario)
    : arrivals_(scenario.arrivals),
      rate_(scenario.rate),
      ramp_s_(InSeconds(scenario.ramp)),
      duration_s_(InSeconds(scenario.duration)),
      random_(scenario.seed) {
  if (arrivals_ == Arrivals::kPoisson) due_ = std::exponential_distribution<double>()(random_);
}

std::optional<std::chrono::nanoseconds> Schedule::Next() {
  // While the rate grows, rate * t^2 / (2 * ramp) requests are due by t. The whole ramp therefore
  // sends half as many requests as a constant rate would.
  const bool growing = due_ < rate_ * ramp_s_ / 2;
  const double at = growing ? std::sqrt(2 * due_ * ramp_s_ / rate_) : due_ / rate_ + ramp_s_ / 2;
  if (at >= duration_s_) return std::nullopt;
  due_ += arrivals_ == Arrivals::kPoisson ? std::exponential_distribution<double>()(random_) : 1;
  return std::chrono::nanoseconds(std::llround(at * 1e9));
}

}  // namespace headgate::loadtest::load
