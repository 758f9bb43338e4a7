#pragma once

#include <string>

#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Explanations in words, for people; nothing here is on the path of a request. Pure.

// Why `when`, a condition of the configuration that `policy` was compiled from, does not hold for
// the request: the first part that fails, what it wants and what the request is. Never the value of
// a header or metadata entry. Empty: it holds.
std::string WhyNot(const config::When& when, const CompiledPolicy& policy,
                   const DecisionInput& input, std::int64_t input_tokens);

// What of the request makes `when` hold, key by key; of `any` the first that holds. REQUIRES:
// WhyNot is empty.
std::string WhatHolds(const config::When& when, const CompiledPolicy& policy,
                      const DecisionInput& input, std::int64_t input_tokens);

// Why a target was dropped, with the figures that decided it and whose rule it was.
std::string DropDetail(const CompiledPolicy& policy, const DecisionInput& input,
                       const Decision& decision, const DroppedTarget& dropped);

// Why a request does not stay at `input.session_target`, which answered its conversation before.
// REQUIRES: there is one, and the decision is not sticky.
std::string WhyNotKept(const CompiledPolicy& policy, const DecisionInput& input,
                       const Decision& decision);

}  // namespace headgate::routing
