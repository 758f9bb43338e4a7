#pragma once

#include <chrono>
#include <optional>
#include <random>

#include "loadtest/load/traffic/scenario.h"

namespace headgate::loadtest::load {

// The moments at which requests are due, counted from the start. The loop is open: it does not wait
// for answers. The same scenario gives the same times. Thread-compatible.
class Schedule {
 public:
  explicit Schedule(const Scenario& scenario);
  // Returns nullopt when the scenario's duration is over.
  std::optional<std::chrono::nanoseconds> Next();

 private:
  const Arrivals arrivals_;
  const double rate_;
  const double ramp_s_;
  const double duration_s_;
  std::mt19937_64 random_;
  // The expected number of requests so far. By the time-change theorem, exponential steps in it
  // give a Poisson process, also while the rate changes (Daley & Vere-Jones, An Introduction to the
  // Theory of Point Processes, section 7.4).
  double due_ = 0;
};

}  // namespace headgate::loadtest::load
