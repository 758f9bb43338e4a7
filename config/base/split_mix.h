#pragma once

#include <cstdint>

namespace headgate::config {

// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
// Advances `state` and returns the next number. One addition and two multiplications turn
// neighbouring seeds into unrelated numbers, the same on every machine. Not for secrets. Pure.
constexpr std::uint64_t SplitMix64(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace headgate::config
