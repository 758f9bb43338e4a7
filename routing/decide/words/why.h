#pragma once

#include <string>

#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Explanations in words for people; not on the path of a request. Pure.

// Why `when`, a condition of the configuration that `policy` was compiled from, does not hold for
// the request: the first part that fails, what it wants and what the request has, but never the
// value of a header or metadata entry. Empty if the condition holds.
std::string WhyNot(const config::When& when, const CompiledPolicy& policy,
                   const DecisionInput& input, std::int64_t input_tokens);

// What makes `when` hold for the request, key by key; under `any` the first part that holds.
// REQUIRES: WhyNot is empty.
std::string WhatHolds(const config::When& when, const CompiledPolicy& policy,
                      const DecisionInput& input, std::int64_t input_tokens);

// Why a target was dropped: who requires what, and what the target has instead.
std::string DropDetail(const config::Config& config, const CompiledPolicy& policy,
                       const DecisionInput& input, const Decision& decision,
                       const DroppedTarget& dropped);

// Why a request does not stay at `input.conversation_target`, which answered its conversation
// before. REQUIRES: `input.conversation_target` has a value, and the decision is not sticky.
std::string WhyNotKept(const config::Config& config, const CompiledPolicy& policy,
                       const DecisionInput& input, const Decision& decision);

}  // namespace headgate::routing
