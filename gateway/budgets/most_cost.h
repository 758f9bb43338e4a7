#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/protocols/values/body_facts.h"
#include "config/base/money.h"
#include "config/config.h"
#include "routing/decide/estimates.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// A request that asks for calls: by what its calls are priced.
struct CostQuestion {
  const config::Config& config;
  const routing::CompiledPolicy& policy;
  std::size_t route = 0;
  std::int64_t unix_seconds = 0;  // when the request was admitted
};

// What a request may use beyond the texts of its body (backends::BodyFacts).
struct HiddenUse {
  std::int64_t prompts = 1;              // of one body, each with a context of its own
  std::int64_t images = 0;               // of the body
  std::size_t image_bytes = 0;           // of the body, that are images and not text
  std::int64_t other_output_tokens = 0;  // of one choice, beside max_tokens
  bool hides_input = false;              // input that cannot be counted from the body
  // The request declares tools, or asks for what only one protocol has, so that the provider may
  // search the web for it.
  bool may_search = false;
};

// Pure.
HiddenUse HiddenUseOf(const backends::BodyFacts& facts);

// What an attempt is about to send.
struct IntendedCall {
  std::size_t target = 0;  // index into CompiledPolicy::targets
  const routing::RequestSize& size;
  std::size_t body_bytes = 0;  // of the body that is sent
  const HiddenUse& hidden;
};

// Returns the most tokens of input that the call may have. A token has at least one byte, so that
// is the body without its images, the most that its images may be, and what a provider adds for
// tools. It is at most the context of the model for each prompt. If the body hides input, or has
// images and the model has no Target::image_tokens, it is that context. A context that is not known
// counts as 1,048,576 tokens then. Pure.
std::int64_t MostInput(const routing::Target& target, const IntendedCall& call);

// Returns the most tokens of output that the call may have, of all choices of all prompts. Without
// a maximum a choice is taken to have 32,768 tokens, or the longest output of the model. With one
// it has at most that output, else the context, else 1,048,576 tokens. Pure.
std::int64_t MostOutput(const routing::Target& target, const IntendedCall& call);

// Returns the most that an attempt may cost, in nano-dollars: policy::WorstCost of MostInput and
// MostOutput, from when the request was admitted. If it may search the web, it is taken to do so
// policy::kAssumedWebSearches times. At a self-hosted target it is the rent of a replica for
// `timeouts.total`. 0 if the price is not known. Pure.
NanoUsd MostCost(const CostQuestion& question, const IntendedCall& call);

// Returns the most that the attempt may cost if its answer has no tokens. Pure.
NanoUsd MostCostOfInput(const CostQuestion& question, const IntendedCall& call);

}  // namespace headgate::gateway
