#pragma once

#include "backends/protocols/values/body_facts.h"
#include "gateway/http/request_head.h"
#include "routing/classify/signals.h"

namespace headgate::gateway {

// The kind of body that requests to `endpoint` have.
backends::ApiEndpoint BodyOf(routing::Endpoint endpoint);

// What classification and routing look at: what the body says about itself, and what stands in
// headers beside it. Fills in everything but the session's topic, which is none then. The views of
// `signals` point where those of `facts` and `head` do. Allocates nothing once there is room.
// Thread-compatible.
void FillSignals(routing::Endpoint endpoint, const backends::BodyFacts& facts,
                 const RequestHead& head, routing::Signals& signals);

}  // namespace headgate::gateway
