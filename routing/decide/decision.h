#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/money.h"
#include "routing/classify/classifier.h"
#include "routing/policy/drop.h"
#include "routing/policy/facts.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// State of one target at the moment of deciding; the gateway copies it in, so that the same input
// decides the same way for ever.
struct Candidate {
  bool available = true;     // some replica is not ejected
  int in_flight = 0;         // over all replicas
  int slots = 0;             // over all replicas; 0 = unbounded (paid)
  float ttft_median_ms = 0;  // over the last 10 minutes, as the next four
  float ttft_p95_ms = 0;
  std::uint32_t ttft_samples = 0;
  float error_rate = 0;  // of attempts, 0..1
  std::uint32_t attempt_samples = 0;
  float predicted_wait_ms = 0;
  float expected_output_tokens = 0;  // learned for this class; 0 = nothing learned yet
  float ms_per_output_token = 0;     // learned; 0 = nothing learned yet
  float tokens_per_byte = 0;         // learned; 0 = nothing learned yet
  bool operator==(const Candidate&) const = default;
};

// Everything a decision may depend on, by value.
struct DecisionInput {
  Classification classification;
  Endpoint endpoint = Endpoint::kChat;
  ModelRequest model;
  bool stream = false;
  std::uint8_t uses = 0;  // Abilities that the request needs
  std::size_t text_bytes = 0;
  std::int64_t other_input_tokens = 0;
  std::optional<std::int64_t> max_tokens;
  int choices = 1;
  std::uint64_t seed = 0;          // hash of the request id
  std::int64_t unix_seconds = 0;   // when the request came
  std::optional<std::size_t> key;  // into CompiledPolicy::keys; none: nobody has keys here
  Facts facts;                     // of CompiledPolicy::patterns
  std::optional<std::size_t> session_target;  // where this conversation was answered last
  std::vector<Candidate> candidates;          // parallel to CompiledPolicy::targets
};

// What an expected cost is made of; the order is the order in which kLowestCost likes them, the
// first three alike.
enum class CostBasis : std::uint8_t { kPriced, kFreeSlot, kAmortised, kNoFreeSlot, kUnpriced };
inline constexpr std::array<std::string_view, 5> kCostBasisNames = {
    "priced", "free_slot", "amortised", "no_free_slot", "unpriced"};
constexpr std::string_view ToString(CostBasis basis) {
  return kCostBasisNames[static_cast<std::size_t>(basis)];
}

struct PlannedTarget {
  std::size_t target = 0;
  NanoUsd expected_cost = 0;  // 0 also where the basis says that it is not known
  float expected_latency_ms = 0;
  std::optional<float> quality;  // the score of the request's topic
  double blend = 0;              // of kBlend: 0 is best, the sum of the weights worst
  CostBasis cost_basis = CostBasis::kPriced;
  bool available = true;       // false: kept behind the others in case they fail as well
  std::uint32_t position = 0;  // in the order written
  std::uint32_t weight = 1;    // its share under kWeighted
};
struct DroppedTarget {
  std::size_t target = 0;
  Drop reason = Drop::kNone;
};

enum class Outcome : std::uint8_t {
  kPlanned,
  kNoRoute,
  kNoTarget,
  kUnknownModel,
  kModelNotAllowed
};
inline constexpr std::array<std::string_view, 5> kOutcomeNames = {
    "planned", config::kRefusals[0], config::kRefusals[1], config::kRefusals[2],
    config::kRefusals[3]};
constexpr std::string_view ToString(Outcome outcome) {
  return kOutcomeNames[static_cast<std::size_t>(outcome)];
}

// What was let go of so that a route with `on_no_target: relax` has a target.
enum class Relaxed : std::uint8_t { kNothing, kLive, kAllButBinding };
inline constexpr std::array<std::string_view, 3> kRelaxedNames = {"nothing", "live",
                                                                  "all_but_binding"};
constexpr std::string_view ToString(Relaxed relaxed) {
  return kRelaxedNames[static_cast<std::size_t>(relaxed)];
}

// A plan, or why there is none. Reused per worker: Decide clears it first and keeps capacity.
struct Decision {
  Outcome outcome = Outcome::kNoRoute;
  std::size_t route = 0;            // when a route matched
  std::int64_t input_tokens = 0;    // the estimate that was used for matching routes
  std::vector<PlannedTarget> plan;  // in the order to try
  std::vector<DroppedTarget> dropped;
  Relaxed relaxed = Relaxed::kNothing;
  // Bits of LetGo: what of the route's `require` some target of the plan does not meet. 0 just when
  // nothing was let go of.
  std::uint8_t let_go = 0;
  bool sticky = false;     // the conversation stays where it was
  bool undecided = false;  // hangs on a fact that is not known; the rest is then a guess
};

// The class that a request has under this policy: the first of the operator's own whose condition
// holds, else the built-in one. Written into input.classification; comes before Decide and before
// anything that is learned by class. False: it hangs on a fact that is not known. Pure.
bool ApplyCustomClasses(const CompiledPolicy& policy, DecisionInput& input);

// Every class that ApplyCustomClasses could come to if what is not known were known; never none.
// Pure.
void PossibleClasses(const CompiledPolicy& policy, const DecisionInput& input,
                     std::vector<Class>& classes);

// First route whose `when` matches, its targets, hard filters, ranking by `prefer`. Pure: no
// clock, no randomness, no load but what `input` holds. REQUIRES: `candidates` is parallel to the
// policy's targets, `facts` has been reset for its patterns. Allocates nothing once `decision` has
// room.
//  * A pinned model (kModel) keeps only the targets that serve it: the route's own if it has any,
//    else every target of that model, so that a client that names a model gets it. kTarget plans
//    its target, in the route or not. The route's `require` holds for both.
//  * A pinned model that the key may not use is an outcome of its own, before any route is looked
//    for; under `auto` such targets are dropped.
//  * Input tokens and max_tokens must fit the context window (kContext); a window that is not known
//    fits, but does not meet a `require` on context. Embeddings are many texts, each with the
//    window to itself: no such filter.
//  * Endpoints: /v1/embeddings keeps models that support embeddings if any is known to, the others
//    never get one that supports nothing else.
//  * What a request uses (tools, images, audio, a JSON schema) the model must support.
//  * `require` of the route, of the key and of its team all hold. `ttft_p95` and `error_rate` pass
//    under 20 samples. Where nothing is left that is up and the route says `on_no_target: relax`,
//    its own `ttft_p95` and `error_rate` are let go of, then all of its own but hosting, labels and
//    license, until something is; where nothing is up at all, no more than gives a plan. Nothing of
//    a key or team ever is.
//  * A target whose every replica is ejected is kept, behind all others (the panic rule): when
//    everything is down the least bad is tried.
//  * Expected cost and latency are those of estimates.h. kLowestCost: a free slot counts 0, or its
//    amortised rent where the policy says so; self-hosted targets without one rank after every
//    priced target; unpriced ones are last. kHighestQuality: a missing score is last. kBlend:
//    weighted sum over cost, latency and quality, each scaled to 0..1 over the plan (0 where all
//    are equal); what is not known is 1. kWeighted draws an order without replacement from `seed`;
//    weight 0 is only fallen back to. A tie goes to the order written.
//  * A conversation stays at its target while that is in the plan, is available and has a slot.
void Decide(const CompiledPolicy& policy, const DecisionInput& input, Decision& decision);

// Whether a request that found no target may find one at another moment: only live windows drop a
// target that would do otherwise. REQUIRES: kNoTarget.
bool MayFindTargetLater(const Decision& decision);

// Input tokens estimated before the call: text bytes x tokens-per-byte (learned, else 0.25) plus
// what is not text; at least 1. Routes are matched with what the pinned model has taught us, and
// without one (`auto`) with 0.25, so that a threshold means the same all day.
std::int64_t EstimateInputTokens(std::size_t text_bytes, std::int64_t other_input_tokens,
                                 float tokens_per_byte);

}  // namespace headgate::routing
