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

// The chain of urgency; the first hit wins:
//
//   explicit class   batch, latency_critical (trusted by kClass)
//   service_tier     flex; priority, fast, ultrafast (kServiceTier)
//   x-slo-ttft-ms    >= 30000; <= 1000 (kSlo); between them normal
//   fill-in-middle   latency critical: a person is typing (kFim)
//   agent            x-initiator: agent, an agent that asks for another agent, or a tool result as
//                    last message: normal, because nobody waits for a single step.
//                    x-initiator: user overrides the last two.
//   reasoning_effort high, xhigh, max: normal, whatever the length of the answer
//   max_tokens       a streamed answer of 1..16 tokens: latency critical (kFim). Editors without
//                    fill-in-the-middle ask for it while a person types. Non-streamed requests are
//                    passed over, because labelling jobs and health probes look the same.
//
// These are the defaults; operators can change what each rule results in (config::UrgencyRules). A
// rule that is ignored is passed over.
//
// A hint that the key is not trusted with cannot raise urgency. It is passed over and noted as
// clamped, and the chain continues, so that a trusted hint still counts. If the request ends up
// normal because of that, its reason is kClamped.
UrgencyVerdict ClassifyUrgency(const Signals& signals, const HintTrust& trust,
                               std::optional<Class> explicit_class, bool fill_in_the_middle,
                               const config::UrgencyRules& rules = {});

}  // namespace headgate::routing
