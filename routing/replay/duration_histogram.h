#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace headgate::routing {

// Counts of durations on a scale of powers of two with 64 steps each (as in HdrHistogram).
// Quantiles have an error of at most 1.6 %, the memory does not grow with the samples, and
// histograms can be mixed. Thread-compatible.
class DurationHistogram {
 public:
  void Add(std::int64_t micros) {
    const std::size_t bucket = BucketOf(micros);
    if (bucket >= counts_.size()) counts_.resize(bucket + 1);
    counts_[bucket] += 1;
    samples_ += 1;
  }
  // Adds the shape of `other` as if it were `weight` samples, each of them longer by `more_us`.
  // REQUIRES: 0 <= weight, 0 <= more_us.
  void Mix(const DurationHistogram& other, double weight, std::int64_t more_us = 0) {
    if (other.samples_ == 0 || weight == 0) return;
    for (std::size_t i = 0; i < other.counts_.size(); ++i) {
      if (other.counts_[i] == 0) continue;
      const std::size_t bucket = more_us == 0 ? i : BucketOf(std::llround(MiddleOf(i)) + more_us);
      if (bucket >= counts_.size()) counts_.resize(bucket + 1);
      counts_[bucket] += other.counts_[i] * weight / other.samples_;
    }
    samples_ += weight;
  }
  // The middle of the bucket of a duration.
  static std::int64_t Rounded(std::int64_t micros) {
    return std::llround(MiddleOf(BucketOf(micros)));
  }
  double samples() const { return samples_; }

  // Milliseconds, the middle of the bucket; 0 without samples. REQUIRES: 0 < q < 1.
  double QuantileMs(double q) const {
    double below = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      below += counts_[i];
      if (counts_[i] > 0 && below >= q * samples_ * (1 - 1e-12)) return MiddleOf(i) / 1000;
    }
    return 0;
  }

 private:
  static constexpr unsigned kBits = 6;

  static std::size_t BucketOf(std::int64_t micros) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(micros, 0));
    const auto width = static_cast<unsigned>(std::bit_width(value));
    if (width <= kBits + 1) return value;
    const unsigned shift = width - kBits - 1;
    return (std::size_t{shift} << kBits) + (value >> shift);
  }
  static double MiddleOf(std::size_t bucket) {
    if (bucket < (2u << kBits)) return static_cast<double>(bucket);
    const std::size_t shift = (bucket >> kBits) - 1;
    const std::size_t first = (bucket & ((1u << kBits) - 1)) + (1u << kBits);
    return (static_cast<double>(first) + 0.5) * static_cast<double>(std::uint64_t{1} << shift);
  }

  std::vector<double> counts_;
  double samples_ = 0;
};

}  // namespace headgate::routing
