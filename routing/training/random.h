#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "config/base/split_mix.h"

namespace headgate::routing {

// Random numbers that are the same on every machine, unlike the distributions of the standard
// library. Thread-compatible.
class Random {
 public:
  explicit Random(std::uint64_t seed) : numbers_(seed) {}

  std::uint64_t Next() { return numbers_.Next(); }
  std::size_t Below(std::size_t end) { return Next() % end; }
  float Unit() { return static_cast<float>(Next() >> 40) * 0x1p-24f; }  // 0 up to 1

  template <typename T>
  void Shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[Below(i)]);
  }

 private:
  config::SplitMix64 numbers_;
};

}  // namespace headgate::routing
