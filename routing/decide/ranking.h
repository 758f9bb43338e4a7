#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "config/config.h"
#include "routing/decide/decision.h"

namespace headgate::routing {

// Puts a plan in the order to try. Ties keep the order of the configuration
// (PlannedTarget::position). Pure; allocates nothing. The same arguments give the same order on
// every machine, because the weighted draw uses integers only.

// Targets that are down come after all targets that are up, in the order of the same strategy. Only
// kBlend uses `blend`.
void Rank(config::Prefer prefer, const config::BlendWeights& blend, std::uint64_t seed,
          absl::Span<PlannedTarget> plan);

// The parts whose weighted sum is PlannedTarget::blend; each from 0 (the best of the targets that
// it was ranked with) to 1 (the worst, or unknown).
struct BlendParts {
  double cost = 0;
  double latency = 0;
  double quality = 0;
};

// Parallel to `plan`. REQUIRES: Rank has ordered it. For explanations only: allocates.
std::vector<BlendParts> BlendPartsOf(absl::Span<const PlannedTarget> plan);

}  // namespace headgate::routing
