#pragma once

#include <chrono>
#include <optional>
#include <random>

#include "loadtest/load/traffic/scenario.h"

namespace headgate::loadtest::load {

// When requests are due, counted from the start: an open loop, which does not wait for answers.
// The same scenario gives the same times. Thread-compatible.
class Schedule {
 public:
  explicit Schedule(const Scenario& scenario);
  // nullopt: the scenario's duration is over.
  std::optional<std::chrono::nanoseconds> Next();

 private:
  const Arrivals arrivals_;
  const double rate_;
  const double ramp_s_;
  const double duration_s_;
  std::mt19937_64 random_;
  // The number of requests that a constant rate would have had by now. By the time-change theorem
  // steps that are exponential in it make a Poisson process of whatever rate (Daley & Vere-Jones,
  // An Introduction to the Theory of Point Processes, section 7.4).
  double due_ = 0;
};

}  // namespace headgate::loadtest::load
