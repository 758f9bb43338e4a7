#pragma once

#include <cstddef>

#include "config/base/money.h"
#include "gateway/accounting/request_account.h"
#include "routing/decide/estimates.h"

namespace headgate::gateway {

// What an attempt is about to send.
struct IntendedCall {
  std::size_t target = 0;  // index into CompiledPolicy::targets
  const routing::RequestSize& size;
  std::size_t body_bytes = 0;  // of the body that is sent
  // The request declares tools, or asks for what only one protocol has, so that the provider may
  // search the web for it.
  bool may_search = false;
};

// Returns the most that an attempt may cost, in nano-dollars: policy::WorstCost of the most tokens
// that its body can have and that its answer may have, from when the request was admitted. Without
// a maximum an answer is taken to have 32,768 tokens, or the longest output of the model. If it may
// search the web, it is taken to do so policy::kAssumedWebSearches times. At a self-hosted target
// it is the rent of a replica for `timeouts.total`. 0 if the price is not known. Pure.
NanoUsd MostCost(const RequestAccount& account, const IntendedCall& call);

}  // namespace headgate::gateway
