#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/money/cost.h"

namespace headgate::policy {

// What is to be served in a month. Plain values; the functions are pure.

inline constexpr std::int64_t kMillion = 1'000'000;  // millionths of 1

// The most tokens a month that a plan is made for. Products with prices then stay below 2^127.
inline constexpr std::int64_t kMostTokens = 1'000'000'000'000'000;

// The tokens of one class in a month. Usage::input includes cached_input.
struct ClassVolume {
  std::string name;
  Usage tokens;
  // It can wait for hours in which replicas are free, as batch does.
  bool deferrable = false;
};

// How the traffic of an average day is spread over its hours, as weights >= 0 with a sum > 0 and <=
// 1e15. The first hour begins at midnight.
using HourProfile = std::array<std::int64_t, 24>;

struct Demand {
  std::vector<ClassVolume> classes;
  HourProfile hours{};
  // The rate at the busiest moment over the average rate, in millionths; >= that of the busiest
  // hour. Absent: that of the busiest hour. Deferrable classes have no peak.
  std::optional<std::int64_t> peak;
};

std::int64_t Total(const Usage& tokens);
Usage InteractiveTokens(const Demand& demand);  // those that cannot wait
Usage DeferrableTokens(const Demand& demand);
Usage AllTokens(const Demand& demand);

// `tokens` * `by` / `of`, each kind rounded; cached input stays within the input.
Usage Scaled(const Usage& tokens, std::int64_t by, std::int64_t of);

// The busiest hour over the average hour, in millionths.
std::int64_t BusiestHour(const HourProfile& hours);
// The peak that applies, in millionths.
std::int64_t PeakOf(const Demand& demand);

// The same demand with `total` tokens a month, at most kMostTokens. REQUIRES: it has tokens.
Demand WithVolume(const Demand& demand, std::int64_t total);
// With this peak, in millionths >= kMillion. Below the busiest hour, the hours become flatter.
Demand WithPeak(const Demand& demand, std::int64_t peak);
// With this share of output in all tokens, or of cached input in the input, in millionths. Every
// class moves in the same direction and keeps its total.
Demand WithOutputShare(const Demand& demand, std::int64_t share);
Demand WithCachedShare(const Demand& demand, std::int64_t share);

// Weights in millionths of the average hour. REQUIRES: a sum > 0.
HourProfile Normalised(const HourProfile& hours);

}  // namespace headgate::policy
