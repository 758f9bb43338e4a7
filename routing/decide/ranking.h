#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "config/config.h"
#include "routing/decide/decision.h"

namespace headgate::routing {

// Puts a plan in the order to try. Each strategy orders a span of targets that are alike in
// everything it does not look at; ties go to the order written (PlannedTarget::position). Pure;
// allocates nothing; the same arguments give the same order on every machine, for the weighted draw
// uses integers only.

// Targets that are not available come after all that are, ordered by the same strategy. `blend`
// counts under kBlend only.
void Rank(config::Prefer prefer, const config::BlendWeights& blend, std::uint64_t seed,
          absl::Span<PlannedTarget> plan);

// What a target's `blend` is the weighted sum of; each 0 (the best of those it was ranked with) to
// 1 (the worst, or not known).
struct BlendParts {
  double cost = 0;
  double latency = 0;
  double quality = 0;
};

// Parallel to `plan`, which Rank has put in order. For explanations: allocates.
std::vector<BlendParts> BlendPartsOf(absl::Span<const PlannedTarget> plan);

}  // namespace headgate::routing
