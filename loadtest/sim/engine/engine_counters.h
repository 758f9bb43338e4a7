// The counters and histograms of an engine's metrics page. POST /sim/reset keeps them, because a
// real server never resets them. Times are in seconds. *worker-bound*
#pragma once

#include <array>
#include <cstdint>

namespace headgate::loadtest::sim {

// A histogram of Prometheus: counts of values by upper bound, and the sum of all values.
class TimeHistogram {
 public:
  // The upper bounds, in seconds. vLLM has these for the time to first token.
  static constexpr std::array<double, 22> kBounds{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
                                                  0.25,  0.5,   0.75, 1,    2.5,  5,    7.5,  10,
                                                  20,    40,    80,   160,  640,  2560};

  void Observe(double seconds);
  // Counts of values between two bounds. The last is of those above all bounds.
  const std::array<std::int64_t, kBounds.size() + 1>& counts() const { return counts_; }
  double sum() const { return sum_; }

 private:
  std::array<std::int64_t, kBounds.size() + 1> counts_{};
  double sum_ = 0;
};

struct EngineCounters {
  std::int64_t prompt_tokens = 0;
  std::int64_t cached_tokens = 0;  // of the prompt tokens
  std::int64_t generation_tokens = 0;
  std::int64_t requests = 0;  // got a slot
  std::int64_t successes_stop = 0;
  std::int64_t successes_length = 0;
  TimeHistogram queue;  // until the slot
  TimeHistogram ttft;   // from the arrival
  TimeHistogram inter_token;
  TimeHistogram latency;  // of requests that were answered to the end
};

}  // namespace headgate::loadtest::sim
