#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace headgate::routing {

// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine, unlike the standard
// library's distributions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::size_t Below(std::size_t end) { return Next() % end; }
  float Unit() { return static_cast<float>(Next() >> 40) * 0x1p-24f; }  // 0 up to 1

  template <typename T>
  void Shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[Below(i)]);
  }

 private:
  std::uint64_t state_;
};

}  // namespace headgate::routing
