#include "loadtest/sim/engine/engine_counters.h"

#include <algorithm>
#include <cstddef>

namespace headgate::loadtest::sim {

void TimeHistogram::Observe(double seconds) {
  const auto* bound = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  ++counts_[static_cast<std::size_t>(bound - kBounds.begin())];
  sum_ += seconds;
}

}  // namespace headgate::loadtest::sim
