#include "backends/scheduler/service_times.h"

#include <algorithm>

namespace headgate::backends {

// The first kSamples samples weigh alike; after them the average is exponential.
void ServiceTimes::Average::Add(std::int64_t sample) {
  const int weight = std::min(samples.load(std::memory_order_relaxed) + 1, kSamples);
  const std::int64_t before = mean.load(std::memory_order_relaxed);
  mean.store(before + (sample - before) / weight, std::memory_order_relaxed);
  samples.store(weight, std::memory_order_relaxed);
}

void ServiceTimes::Add(Band band, Duration held) {
  const std::int64_t sample = std::max<std::int64_t>(held.count(), 0);
  of_band_[IndexOf(band)].Add(sample);
  of_all_.Add(sample);
}

Duration ServiceTimes::MeanOf(Band band) const {
  const Average& average = of_band_[IndexOf(band)];
  if (average.samples.load(std::memory_order_relaxed) == 0) return Mean();
  return Duration(average.mean.load(std::memory_order_relaxed));
}

Duration ServiceTimes::Mean() const {
  if (of_all_.samples.load(std::memory_order_relaxed) == 0) return kPrior;
  return Duration(of_all_.mean.load(std::memory_order_relaxed));
}

}  // namespace headgate::backends
