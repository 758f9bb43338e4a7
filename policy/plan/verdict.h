#pragma once

#include <array>
#include <cstdint>

#include "config/base/enum_words.h"
#include "policy/plan/month_cost.h"

namespace headgate::policy {

// What to choose by cost. A tie says that cost does not decide: volumes are often estimated wrong
// by more than that.
enum class Verdict : std::uint8_t { kApi, kSelfHost, kHybrid, kTie };
inline constexpr std::array kVerdicts = {config::EnumWord<Verdict>{"api", Verdict::kApi},
                                         config::EnumWord<Verdict>{"self_host", Verdict::kSelfHost},
                                         config::EnumWord<Verdict>{"hybrid", Verdict::kHybrid},
                                         config::EnumWord<Verdict>{"tie", Verdict::kTie}};

// One side is chosen if the other costs at least this many times as much.
inline constexpr std::int64_t kDecisiveFactor = 2;
// A hybrid is two systems to run, so it must save at least this share of the cheaper side.
inline constexpr std::int64_t kHybridSavesPercent = 10;

// Pure.
Verdict Choose(const MonthCosts& costs);

}  // namespace headgate::policy
