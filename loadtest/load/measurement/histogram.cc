#include "loadtest/load/measurement/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace headgate::loadtest::load {
namespace {

constexpr int kSubBits = 6;
constexpr std::uint64_t kSubBuckets = 1u << kSubBits;
constexpr std::uint64_t kLargest = std::uint64_t{10'000} * 1'000'000;  // us

// Each value below 64 us has its own bucket. From 64 us on, the top seven bits choose the bucket.
std::size_t BucketOf(std::uint64_t micros) {
  if (micros < kSubBuckets) return micros;
  const int shift = static_cast<int>(std::bit_width(micros)) - 1 - kSubBits;
  return static_cast<std::size_t>(shift + 1) * kSubBuckets + ((micros >> shift) - kSubBuckets);
}

std::uint64_t MiddleOf(std::size_t bucket) {
  if (bucket < kSubBuckets) return bucket;
  const std::size_t shift = bucket / kSubBuckets - 1;
  const std::uint64_t low = (bucket % kSubBuckets + kSubBuckets) << shift;
  return low + (std::uint64_t{1} << shift) / 2;
}

}  // namespace

void Histogram::Add(std::chrono::nanoseconds value) {
  value = std::max(value, std::chrono::nanoseconds(0));
  const auto micros = std::min(static_cast<std::uint64_t>(value.count()) / 1000, kLargest);
  const std::size_t bucket = BucketOf(micros);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1);
  ++buckets_[bucket];
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
}

void Histogram::Add(const Histogram& other) {
  if (other.buckets_.size() > buckets_.size()) buckets_.resize(other.buckets_.size());
  for (std::size_t i = 0; i < other.buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

std::chrono::nanoseconds Histogram::Mean() const {
  if (count_ == 0) return std::chrono::nanoseconds(0);
  return sum_ / static_cast<std::int64_t>(count_);
}

std::chrono::nanoseconds Histogram::Percentile(double share) const {
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen < wanted) continue;
    const auto micros = static_cast<std::int64_t>(MiddleOf(i));
    return std::min(max_, std::chrono::nanoseconds(std::chrono::microseconds(micros)));
  }
  return std::chrono::nanoseconds(0);
}

}  // namespace headgate::loadtest::load
