#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "backends/scheduler/band.h"
#include "backends/scheduler/clock.h"

namespace headgate::backends {

// How long slots are held, from the take to the release: moving averages over about the last 64
// releases, of each band and of all. Lock-free: two releases at the same instant may lose one
// sample. Thread-safe.
class ServiceTimes {
 public:
  // Assumed before the first release.
  static constexpr Duration kPrior = std::chrono::seconds(1);

  void Add(Band band, Duration held);

  // Returns the average of the band: that of all bands, if the band has no sample yet.
  Duration MeanOf(Band band) const;
  Duration Mean() const;
  // Returns how many releases the averages rest on, at most kSamples.
  int samples() const { return of_all_.samples.load(std::memory_order_relaxed); }
  static constexpr int kSamples = 64;

 private:
  struct Average {
    std::atomic<std::int64_t> mean{0};  // nanoseconds
    std::atomic<int> samples{0};        // at most kSamples
    void Add(std::int64_t sample);
  };
  std::array<Average, kBands> of_band_;
  Average of_all_;
};

}  // namespace headgate::backends
