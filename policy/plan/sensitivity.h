#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "policy/plan/options.h"
#include "policy/plan/verdict.h"

namespace headgate::policy {

// How far each input is from the value that changes the verdict. Other inputs stay as they are.

enum class PlanInput : std::uint8_t {
  kVolume,
  kApiPrice,
  kRent,
  kThroughput,
  kUtilisation,
  kPeak,
  kOutputShare,
  kCachedShare
};

struct Flip {
  // Millionths: of the present value for volume, price, rent and throughput; the new value itself
  // for utilisation, peak and shares.
  std::int64_t value = 0;
  Verdict becomes = Verdict::kTie;
  double distance = 0;  // |ln(new / present)|
};
struct InputFlips {
  PlanInput input = PlanInput::kVolume;
  std::optional<Flip> down;  // nearest lower value; absent: none within a hundredth
  std::optional<Flip> up;    // nearest higher value; absent: none within a hundred times
  // The nearer one, or null.
  const Flip* Nearest() const;
};

// The inputs that the case has, the most sensitive first; those that change nothing come last.
// Searches in steps of 2 %, then halves the step; a verdict that holds for less than a step can be
// missed. Pure.
std::vector<InputFlips> FlipsOf(const PlanCase& plan);

// The case with one input changed; `value` as in Flip. REQUIRES: value > 0, and for peak >=
// kMillion.
PlanCase WithInput(const PlanCase& plan, PlanInput input, std::int64_t value);

// The present value, in the same terms.
std::int64_t PresentValue(const PlanCase& plan, PlanInput input);

}  // namespace headgate::policy
