#pragma once

#include <cstdint>

#include "config/base/money.h"
#include "routing/decision.h"
#include "routing/policy.h"

namespace headgate::routing {

// What a request is expected to cost and to take at one target. Pure; for ranking only: bills are
// made from reported usage (policy/cost.h).

struct ExpectedCost {
  NanoUsd cost = 0;
  CostBasis basis = CostBasis::kUnpriced;
};

// Output tokens of one choice: learned for target and class, else 500 (3,000 for reasoning models);
// never above max_tokens or what the model can write. 0 for embeddings.
std::int64_t ExpectedOutputTokens(const Target& target, const Candidate& candidate,
                                  const DecisionInput& input);

// Input and expected output (times `choices`) at the target's standard prices. On own hardware 0:
// the rent runs anyway while a slot is free.
ExpectedCost CostAt(const Target& target, const Candidate& candidate, const DecisionInput& input,
                    std::int64_t input_tokens);

// Median time to first token, 500 ms under 20 samples, plus the predicted wait; milliseconds.
float LatencyAt(const Candidate& candidate);

}  // namespace headgate::routing
