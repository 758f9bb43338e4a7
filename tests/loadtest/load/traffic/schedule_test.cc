#include "loadtest/load/traffic/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace headgate::loadtest::load {
namespace {

std::vector<double> Times(const Scenario& scenario) {
  Schedule schedule(scenario);
  std::vector<double> times;
  while (const auto due = schedule.Next()) {
    times.push_back(std::chrono::duration<double>(*due).count());
  }
  return times;
}

Scenario Of(Arrivals arrivals, double rate, std::chrono::seconds duration) {
  Scenario scenario;
  scenario.arrivals = arrivals;
  scenario.rate = rate;
  scenario.duration = duration;
  return scenario;
}

TEST(Schedule, constant_arrivals_are_evenly_spaced) {
  const auto times = Times(Of(Arrivals::kConstant, 4, std::chrono::seconds(2)));
  ASSERT_EQ(times.size(), 8u);
  for (std::size_t i = 0; i < times.size(); ++i) {
    EXPECT_NEAR(times[i], static_cast<double>(i) / 4, 1e-9);
  }
}

TEST(Schedule, poisson_arrivals_have_the_rate_and_the_spread) {
  const auto times = Times(Of(Arrivals::kPoisson, 100, std::chrono::seconds(200)));
  EXPECT_NEAR(static_cast<double>(times.size()), 20'000, 4 * std::sqrt(20'000));
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    const double gap = times[i] - times[i - 1];
    EXPECT_GE(gap, 0);
    sum += gap;
    squares += gap * gap;
  }
  const auto n = static_cast<double>(times.size() - 1);
  const double mean = sum / n;
  EXPECT_NEAR(std::sqrt(squares / n - mean * mean), mean, 0.05 * mean);  // as exponential gaps do
}

TEST(Schedule, a_seed_says_everything) {
  Scenario scenario = Of(Arrivals::kPoisson, 50, std::chrono::seconds(5));
  const auto times = Times(scenario);
  EXPECT_EQ(Times(scenario), times);
  scenario.seed = 2;
  EXPECT_NE(Times(scenario), times);
}

TEST(Schedule, a_ramp_has_half_of_the_requests) {
  for (const Arrivals arrivals : {Arrivals::kConstant, Arrivals::kPoisson}) {
    Scenario scenario = Of(arrivals, 200, std::chrono::seconds(20));
    scenario.ramp = std::chrono::seconds(10);
    const auto times = Times(scenario);
    const auto in = [&](double from, double to) {
      return std::count_if(times.begin(), times.end(),
                           [&](double at) { return at >= from && at < to; });
    };
    EXPECT_NEAR(static_cast<double>(in(0, 10)), 1000, 140);
    EXPECT_NEAR(static_cast<double>(in(4, 6)), 200, 65);
    EXPECT_NEAR(static_cast<double>(in(10, 20)), 2000, 200);
  }
}

}  // namespace
}  // namespace headgate::loadtest::load
