#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "config/base/money.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// The expected cost and duration of a request at one target. Pure; for ranking only: bills are
// computed from reported usage (policy/money/cost.h).

// Input tokens estimated before the call: text bytes x tokens per byte (learned, else 0.25) plus
// the tokens of other input; at least 1. Routes are matched with the learned ratio of the pinned
// model. Without a pinned model (`auto`) the ratio is 0.25, so that a threshold means the same all
// day.
std::int64_t EstimateInputTokens(std::size_t text_bytes, std::int64_t other_input_tokens,
                                 float tokens_per_byte);

struct ExpectedCost {
  NanoUsd cost = 0;
  CostBasis basis = CostBasis::kUnpriced;
};

// The parts of a request that its tokens are estimated from. DecisionInput says what they are.
struct RequestSize {
  Endpoint endpoint = Endpoint::kChat;
  std::size_t text_bytes = 0;
  std::int64_t other_input_tokens = 0;
  std::optional<std::int64_t> max_tokens;  // of one choice
  int choices = 1;                         // of all prompts
};
RequestSize SizeOf(const DecisionInput& input);

// Output tokens of one choice: learned for target and class, else 500 (3,000 for reasoning models).
// At most max_tokens and the longest output of the model. 0 for embeddings.
std::int64_t ExpectedOutputTokens(const Target& target, const Candidate& candidate,
                                  const RequestSize& size);

// Tokens that a request is expected to take at a target.
struct ExpectedTokens {
  std::int64_t input = 0;   // EstimateInputTokens, with the ratio of the target
  std::int64_t output = 0;  // of all choices
  std::int64_t Sum() const { return input + output; }
};
ExpectedTokens ExpectedTokensAt(const Target& target, const Candidate& candidate,
                                const RequestSize& size);

// Whether a request would begin at once: a slot is free, and nothing waits for it. A target without
// slots has no queue.
constexpr bool HasFreeSlot(const Candidate& candidate) {
  return (candidate.slots == 0 || candidate.in_flight < candidate.slots) &&
         candidate.predicted_wait_ms <= 0;
}

// Input and expected output (times `choices`) at the target's standard prices, and the charge for a
// request. The prices are those at input.unix_seconds, in the context tier of `input_tokens`. A
// self-hosted target
// with a free slot costs 0, because its rent is due anyway. Under kAmortised, and without a free
// slot (kNoFreeSlot), it costs the rent of one slot for the time that the request is expected to
// hold it.
ExpectedCost CostAt(const Target& target, const Candidate& candidate, const DecisionInput& input,
                    std::int64_t input_tokens, config::SelfHostedPrice self_hosted_price);

// The room in the KV cache that a request is expected to take: the sum of ExpectedTokensAt.
std::int64_t SlotTokensAt(const Target& target, const Candidate& candidate,
                          const DecisionInput& input);

// How long a request is expected to hold its slot, in milliseconds: the median time to first token,
// as in LatencyAt, plus the time of the expected output tokens at the learned pace (20 ms each
// until a pace is learned). A request that waits holds no slot, so the predicted wait does not
// count.
double SlotTimeAt(const Target& target, const Candidate& candidate, const RequestSize& size);

// What an answer to the request usually takes at a target, by what was learned there; 0 while fewer
// than kLiveSamples answers are known.
std::chrono::nanoseconds UsualAnswerAt(const Target& target, const Candidate& candidate,
                                       const RequestSize& size);

// Median time to first token (500 ms while there are fewer than 20 samples) plus the wait: for a
// slot, or behind a silence if that is longer; milliseconds.
float LatencyAt(const Candidate& candidate);
// How long a target that gives nobody a first token keeps a request at least, in milliseconds: its
// silence (LearnedTarget::Silence) beyond the usual time to first token. It is not a wait for a
// slot, so it spills nothing. REQUIRES: `candidate` has the target's times to first token.
float WaitBehindSilence(const Candidate& candidate, float silence_ms);

}  // namespace headgate::routing
