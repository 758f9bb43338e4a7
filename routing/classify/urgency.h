#pragma once

#include <optional>

#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"

namespace headgate::routing {

struct UrgencyVerdict {
  Urgency urgency = Urgency::kNormal;
  Reason reason = Reason::kDefault;
  bool clamped = false;
};

// The chain of urgency, first hit wins:
//
//   explicit class   batch, latency_critical (trusted by kClass)
//   service_tier     flex; priority, fast, ultrafast (kServiceTier)
//   x-slo-ttft-ms    >= 30000; <= 1000 (kSlo); between them normal
//   fill-in-middle   latency critical: somebody is typing (kFim)
//   agent            x-initiator: agent, an agent that asks for another, or a tool result as last
//                    message: normal, nobody waits for a single step. x-initiator: user overrides
//                    all but the first.
//   reasoning_effort high, xhigh, max: normal, whatever the length of the answer
//   max_tokens       a streamed answer of 1..16 tokens is what editors without fill-in-the-middle
//                    ask for while somebody types: latency critical (kFim). Without streaming it
//                    says nothing, for labelling jobs and health probes look just the same.
//
// What each rule makes of a request is the operator's (config::UrgencyRules); what stands here is
// how it is without a word of theirs. A rule that is ignored is passed over.
//
// A raise that the key may not have is passed over and noted as clamped; the chain goes on, so that
// a hint which is allowed still counts. A request that ends up normal for it has reason kClamped.
UrgencyVerdict ClassifyUrgency(const Signals& signals, const HintTrust& trust,
                               std::optional<Class> explicit_class, bool fill_in_the_middle,
                               const config::UrgencyRules& rules = {});

}  // namespace headgate::routing
