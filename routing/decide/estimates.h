#pragma once

#include <cstdint>

#include "config/base/money.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// What a request is expected to cost and to take at one target. Pure; for ranking only: bills are
// made from reported usage (policy/money/cost.h).

struct ExpectedCost {
  NanoUsd cost = 0;
  CostBasis basis = CostBasis::kUnpriced;
};

// Output tokens of one choice: learned for target and class, else 500 (3,000 for reasoning models);
// never above max_tokens or what the model can write. 0 for embeddings.
std::int64_t ExpectedOutputTokens(const Target& target, const Candidate& candidate,
                                  const DecisionInput& input);

// Input and expected output (times `choices`) at the target's standard prices. On own hardware,
// while a slot is free, 0 (the rent runs anyway), or under kAmortised the rent of one slot for the
// time that the request is expected to hold it; that, too, is the cost of the basis kNoFreeSlot.
ExpectedCost CostAt(const Target& target, const Candidate& candidate, const DecisionInput& input,
                    std::int64_t input_tokens, config::SelfHostedPrice self_hosted_price);

// How long a request is expected to hold its slot: LatencyAt and the expected output tokens at the
// learned pace, 20 ms each until it is known. Milliseconds.
double SlotTimeAt(const Target& target, const Candidate& candidate, const DecisionInput& input);

// Median time to first token, 500 ms under 20 samples, plus the predicted wait; milliseconds.
float LatencyAt(const Candidate& candidate);
// What is left of a silence (LearnedTarget::Silence) once the usual time to first token has passed:
// the predicted wait at a target that gives nobody a first token. `candidate` has its first-token
// figures already; milliseconds.
float WaitBehindSilence(const Candidate& candidate, float silence_ms);

}  // namespace headgate::routing
