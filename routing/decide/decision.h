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

// State of one target at the moment of the decision. The gateway copies it in, so that the same
// input always gives the same decision.
struct Candidate {
  bool available = true;     // some replica is not ejected
  int in_flight = 0;         // over all replicas
  int slots = 0;             // over all replicas; 0 = unbounded (paid)
  float ttft_median_ms = 0;  // over the last 10 minutes, like the next four
  float ttft_p95_ms = 0;
  std::uint32_t ttft_samples = 0;
  float error_rate = 0;  // of attempts, 0..1
  std::uint32_t attempt_samples = 0;
  float predicted_wait_ms = 0;       // for a slot; 0: a request begins at once
  float silent_wait_ms = 0;          // behind a silence (WaitBehindSilence); 0: it answers as usual
  float expected_output_tokens = 0;  // learned for this class; 0 = not learned yet
  float ms_per_output_token = 0;     // learned; 0 = not learned yet
  float tokens_per_byte = 0;         // learned; 0 = not learned yet
  bool firm_wait = false;            // predicted_wait_ms rests on enough to refuse a request by it
  bool operator==(const Candidate&) const = default;
};

// Everything a decision may depend on, by value.
struct DecisionInput {
  Classification classification;
  Endpoint endpoint = Endpoint::kChat;
  ModelRequest model;
  bool stream = false;
  std::uint8_t uses = 0;       // Abilities that the request needs
  std::size_t text_bytes = 0;  // of Signals
  std::int64_t other_input_tokens = 0;
  std::optional<std::int64_t> max_tokens;
  // The wanted time to first token (x-slo-ttft-ms), of keys that are trusted with it.
  std::optional<std::uint32_t> slo_ttft_ms;
  int choices = 1;
  std::string_view native_only;                    // of Signals; a constant
  std::uint64_t seed = 0;                          // hash of the request id
  std::int64_t unix_seconds = 0;                   // when the request came
  std::optional<std::size_t> key;                  // into CompiledPolicy::keys; nullopt: no key
  Facts facts;                                     // of CompiledPolicy::patterns
  std::optional<std::size_t> conversation_target;  // where this conversation was answered last
  std::vector<Candidate> candidates;               // parallel to CompiledPolicy::targets
};

// What an expected cost consists of. All but kUnpriced rank alike, by their cost. kNoFreeSlot: a
// self-hosted target costs its rent while no slot is free.
enum class CostBasis : std::uint8_t { kPriced, kFreeSlot, kAmortised, kNoFreeSlot, kUnpriced };
inline constexpr std::array<std::string_view, 5> kCostBasisNames = {
    "priced", "free_slot", "amortised", "no_free_slot", "unpriced"};
constexpr std::string_view ToString(CostBasis basis) {
  return kCostBasisNames[static_cast<std::size_t>(basis)];
}

struct PlannedTarget {
  std::size_t target = 0;
  NanoUsd expected_cost = 0;  // 0 also if `cost_basis` says that it is unknown
  float expected_latency_ms = 0;
  std::optional<float> quality;  // the score of the request's topic
  double blend = 0;              // of kBlend: 0 is best, the sum of the weights is worst
  CostBasis cost_basis = CostBasis::kPriced;
  bool available = true;       // false: is down, and tried only after the others
  bool spilled = false;        // its queue is too long, and another target that is up comes before
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

// The step of `on_no_target: relax` that a route needed to find a target.
enum class RelaxLevel : std::uint8_t { kNothing, kLive, kAllButBinding };
inline constexpr std::array<std::string_view, 3> kRelaxLevelNames = {"nothing", "live",
                                                                     "all_but_binding"};
constexpr std::string_view ToString(RelaxLevel level) {
  return kRelaxLevelNames[static_cast<std::size_t>(level)];
}

// A plan, or why there is none. Reused per worker: Decide clears it first and keeps capacity.
struct Decision {
  Outcome outcome = Outcome::kNoRoute;
  std::size_t route = 0;            // when a route matched
  std::int64_t input_tokens = 0;    // the estimate that was used for matching routes
  std::vector<PlannedTarget> plan;  // in the order to try
  std::vector<DroppedTarget> dropped;
  RelaxLevel relax_level = RelaxLevel::kNothing;
  // Bits of RelaxedRequirement: the parts of the route's `require` that a target of the plan does
  // not meet. 0 exactly if nothing was relaxed.
  std::uint8_t relaxed = 0;
  bool sticky = false;  // the conversation stays where it was
  // The target that would come first if its queue were shorter (spill.h); nullopt: it does.
  std::optional<std::size_t> spilled_from;
  bool undecided = false;  // depends on an unknown fact; the rest is then a guess
};

// Writes the class that a request has under this policy into input.classification: the first of the
// operator's custom classes whose condition holds, else the built-in class. Call it before Decide
// and before reading anything that is learned by class. Returns false if the class depends on an
// unknown fact. Pure.
bool ApplyCustomClasses(const CompiledPolicy& policy, DecisionInput& input);

// Every class that ApplyCustomClasses could choose if the unknown facts were known; at least one.
// Pure.
void PossibleClasses(const CompiledPolicy& policy, const DecisionInput& input,
                     std::vector<Class>& classes);

// Finds the first route whose `when` matches, filters its targets and ranks them by `prefer`. Pure:
// no clock, no randomness, no load except what `input` holds. REQUIRES: `candidates` is parallel to
// the policy's targets, and `facts` has been reset for its patterns. Allocates nothing once
// `decision` has room.
//  * A pinned model (kModel) keeps only the targets that serve it: those of the route if it has
//  any,
//    else every target of that model, so that a client gets the model that it names. kTarget plans
//    its target, in the route or not. The route's `require` holds for both.
//  * A pinned model that the key may not use has an outcome of its own, decided before routes are
//    matched. Under `auto` such targets are dropped.
//  * Input tokens and max_tokens must fit the context window (kContext). An unknown window fits,
//  but
//    does not meet a `require` on context. This filter does not apply to embeddings: each of their
//    texts has the window to itself.
//  * Endpoints: /v1/embeddings keeps models that support embeddings if any model is known to. Other
//    endpoints never get a model that supports nothing but embeddings. The backend must serve the
//    endpoint itself, or the request must be one that can be translated to what it serves
//    (kNativeOnly).
//  * The model must support what the request uses: tools, images, audio, a JSON schema.
//  * The `require` of the route, of the key and of its team must all hold. `ttft_p95` and
//    `error_rate` hold while there are fewer than 20 samples.
//  * `on_no_target: relax` drops requirements of the route in two steps: first `ttft_p95` and
//    `error_rate`, then all except hosting, labels and license. It stops at the first step that
//    finds a target that is up. If no step does, it uses the first step that gives a plan.
//    Requirements of keys and teams are never relaxed.
//  * A target whose replicas are all ejected stays in the plan, after all others (the panic rule):
//    if everything is down, the best of them is tried.
//  * Expected cost and latency are those of estimates.h. kLowestCost: a free slot costs 0, or its
//    amortised rent if the policy says so. A self-hosted target without a free slot costs its
//    amortised rent. Unpriced targets rank last. kHighestQuality: a missing score ranks last.
//    kBlend: the weighted sum of cost, latency and quality, each scaled to 0..1 over the plan (0 if
//    all are equal); an unknown value counts as 1. kWeighted draws an order without replacement
//    from `seed`; targets of weight 0 are only fallbacks. Ties keep the order of the configuration.
//  * Self-hosted targets whose queue is too long by the route's `spill` come after all targets that
//    are up and whose queue is not (spill.h).
//  * A conversation stays at its target while that target is in the plan, is up and does not spill.
void Decide(const CompiledPolicy& policy, const DecisionInput& input, Decision& decision);

// Whether a request that found no target may find one later: some target was dropped only by its
// live windows. REQUIRES: kNoTarget.
bool MayFindTargetLater(const Decision& decision);

}  // namespace headgate::routing
