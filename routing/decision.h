#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/money.h"
#include "routing/classifier.h"
#include "routing/policy.h"

namespace headgate::routing {

// State of one target at the moment of deciding; the gateway copies it in, so that the same input
// decides the same way for ever.
struct Candidate {
  bool available = true;     // some replica is not ejected
  int in_flight = 0;         // over all replicas
  int slots = 0;             // over all replicas; 0 = unbounded (paid)
  float ttft_median_ms = 0;  // over the last 10 minutes
  std::uint32_t ttft_samples = 0;
  float predicted_wait_ms = 0;
  float expected_output_tokens = 0;  // learned for this class; 0 = nothing learned yet
  float tokens_per_byte = 0;         // learned; 0 = nothing learned yet
};

// Everything a decision may depend on, by value.
struct DecisionInput {
  Classification classification;
  Endpoint endpoint = Endpoint::kChat;
  ModelRequest model;
  bool stream = false;
  std::size_t text_bytes = 0;
  std::int64_t other_input_tokens = 0;
  std::optional<std::int64_t> max_tokens;
  int choices = 1;
  std::uint64_t seed = 0;  // hash of the request id
  std::vector<std::string_view>
      headers;  // parallel to CompiledPolicy::header_names; empty = absent
  const std::vector<std::string>* allowed_models = nullptr;  // of the key; null or empty = all
  std::vector<Candidate> candidates;                         // parallel to CompiledPolicy::targets
};

enum class Drop : std::uint8_t {
  kNone,
  kNotRequestedModel,
  kModelNotAllowed,
  kHosting,
  kContext,
  kContextRequired,
  kEndpoint,
  kUnavailable,
};
std::string_view ToString(Drop drop);

// What an expected cost is made of; the order is the order in which kLowestCost likes them, the
// first two alike.
enum class CostBasis : std::uint8_t { kPriced, kFreeSlot, kNoFreeSlot, kUnpriced };
std::string_view ToString(CostBasis basis);

struct PlannedTarget {
  std::size_t target = 0;
  NanoUsd expected_cost = 0;  // 0 also where the basis says that it is not known
  float expected_latency_ms = 0;
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
std::string_view ToString(Outcome outcome);

// A plan, or why there is none. Reused per worker: Decide clears it first and keeps capacity.
struct Decision {
  Outcome outcome = Outcome::kNoRoute;
  std::size_t route = 0;            // when a route matched
  std::int64_t input_tokens = 0;    // the estimate that was used for matching routes
  std::vector<PlannedTarget> plan;  // in the order to try
  std::vector<DroppedTarget> dropped;
};

// First route whose `when` matches, its targets, hard filters, ranking by `prefer`. Pure: no
// clock, no randomness, no load but what `input` holds. REQUIRES: `candidates` and `headers` are
// parallel to the policy's targets and header names. Allocates nothing once `decision` has room.
//  * A pinned model (kModel) keeps only the targets that serve it: the route's own if it has any,
//    else every target of that model, so that a client that names a model gets it. kTarget plans
//    its target, in the route or not. The route's `require` holds for both.
//  * A pinned model that the key may not use is an outcome of its own, before any route is looked
//    for; under `auto` such targets are dropped.
//  * Input tokens and max_tokens must fit the context window (kContext); a window that is not known
//    fits, but does not meet a `require` on context. Embeddings are many texts, each with the
//    window to itself: no such filter.
//  * Endpoints: /v1/embeddings keeps models for embeddings if any is known, the others never
//    get one.
//  * A target whose every replica is ejected is kept, behind all others (the panic rule): when
//    everything is down the least bad is tried.
//  * Expected cost and latency are those of estimates.h. kLowestCost: a free slot counts 0;
//    self-hosted targets without one have no marginal price, and rank after every priced target;
//    unpriced ones are last. kWeighted draws an order without replacement from `seed`; weight 0 is
//    only fallen back to. A tie goes to the order written.
void Decide(const CompiledPolicy& policy, const DecisionInput& input, Decision& decision);

// Input tokens estimated before the call: text bytes x tokens-per-byte (learned, else 0.25) plus
// what is not text; at least 1. Routes are matched with what the pinned model has taught us, and
// without one (`auto`) with 0.25, so that a threshold means the same all day.
std::int64_t EstimateInputTokens(std::size_t text_bytes, std::int64_t other_input_tokens,
                                 float tokens_per_byte);

}  // namespace headgate::routing
