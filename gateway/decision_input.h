#pragma once

#include <cstddef>
#include <optional>

#include "config/config.h"
#include "gateway/http/request_head.h"
#include "routing/classifier.h"
#include "routing/decision.h"
#include "routing/policy.h"
#include "routing/signals.h"

namespace headgate::gateway {

// From a request's head and signals to the input of its decision. A worker, `explain` and policy
// tests all go through here, so that what is said of a request is what happens to it. Pure;
// allocates nothing once `input` has room.

// Adds the hints that stand in headers to what the body says.
void TakeHints(const RequestHead& head, routing::Signals& signals);

// Whose hints may raise urgency: the key's as it says; without keys everybody's; and where keys are
// asked for and there is none, nobody's.
routing::HintTrust TrustOf(const config::Config& config, std::optional<std::size_t> key);

// Fills in all but seed, time, session and candidates, own class included.
// REQUIRES: `input.classification` is the request's.
void DescribeRequest(const routing::CompiledPolicy& policy, const RequestHead& head,
                     const routing::Signals& signals, std::optional<std::size_t> key,
                     routing::DecisionInput& input);

}  // namespace headgate::gateway
