#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace headgate::loadtest::load {

// Durations in buckets whose width grows with the value, 64 to each power of two. The error of a
// percentile is below 1 %. The range is 1 us to about 3 hours. Thread-compatible.
class Histogram {
 public:
  // Negative durations count as 0.
  void Add(std::chrono::nanoseconds value);
  void Add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds max() const { return max_; }
  std::chrono::nanoseconds sum() const { return sum_; }
  std::chrono::nanoseconds Mean() const;
  // The smallest value such that at least `share` (0..1) of all values are not above it; 0 if there
  // are no values.
  std::chrono::nanoseconds Percentile(double share) const;

 private:
  std::vector<std::uint64_t> buckets_;  // as many as the largest value needs
  std::uint64_t count_ = 0;
  std::chrono::nanoseconds sum_{0};
  std::chrono::nanoseconds max_{0};
};

}  // namespace headgate::loadtest::load
