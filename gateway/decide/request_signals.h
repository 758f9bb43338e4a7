#pragma once

#include "backends/protocols/values/body_facts.h"
#include "gateway/http/request_head.h"
#include "routing/classify/signals.h"

namespace headgate::gateway {

// Returns the kind of body that requests to `endpoint` have.
backends::ApiEndpoint BodyOf(routing::Endpoint endpoint);

// Fills in what classification and routing look at: the facts of the body, and the values of
// headers. Everything but the conversation's topic is set; that topic is nullopt. The views of
// `signals` point to the same memory as the views of `facts` and `head`. Allocates nothing once it
// has room. Thread-compatible.
void FillSignals(routing::Endpoint endpoint, const backends::BodyFacts& facts,
                 const RequestHead& head, routing::Signals& signals);

}  // namespace headgate::gateway
