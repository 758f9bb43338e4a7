#pragma once

#include <cstdint>
#include <optional>

#include "policy/plan/verdict.h"

namespace headgate::policy {

// What growth changes. Growth is in millionths of a month's volume, > -kMillion: 100'000 is 10 % a
// month, compounded. Pure.

// The volume after `months`, each month rounded; at most kMostTokens.
std::int64_t GrownVolume(std::int64_t tokens, std::int64_t growth, int months);

inline constexpr int kMonthsAhead = 120;

struct GrowthChange {
  int month = 0;  // 1 is the next month
  std::int64_t tokens = 0;
  Verdict verdict = Verdict::kTie;  // of that month
};
struct GrowthPath {
  // The first month in which the other of API and self-hosting costs less; absent: none within
  // kMonthsAhead.
  std::optional<GrowthChange> crosses;
  bool to_self_host = false;  // `crosses` is to self-hosting
  // The first month with another verdict than now.
  std::optional<GrowthChange> changes;
};
GrowthPath PathOf(const PlanCase& plan, std::int64_t growth);

}  // namespace headgate::policy
