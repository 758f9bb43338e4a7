#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"

namespace headgate::routing {

// What clients may say about the urgency of their requests, in headers and body. Pure. A value that
// cannot be read is ignored, because a hint never fails a request.

// The built-in class that the header x-headgate-class names, else metadata.class; case is ignored.
// An unknown name in one of them does not hide a known name in the other.
std::optional<Class> ExplicitClass(const Signals& signals);

// Nullopt for a rule that is ignored.
std::optional<Urgency> UrgencyOf(config::UrgencyMeaning meaning);

// `service_tier`: flex; priority, fast and ultrafast. Other values are ignored.
std::optional<Urgency> UrgencyOfServiceTier(std::string_view tier,
                                            const config::UrgencyRules& rules = {});

// x-slo-ttft-ms: the wanted time to first token in milliseconds, a plain decimal number >= 0. Up to
// rules.soon_within it is soon, from rules.patient_from on it is patient, between them normal.
std::optional<Urgency> UrgencyOfSlo(std::string_view milliseconds,
                                    const config::UrgencyRules& rules = {});

// x-slo-ttft-ms as a deadline: whole milliseconds, rounded down; at most those that fit.
std::optional<std::uint32_t> SloTtftMs(std::string_view milliseconds);

// `reasoning_effort`: high, xhigh and max, for which nobody expects an answer at once. Other values
// are ignored.
std::optional<Urgency> UrgencyOfReasoning(std::string_view effort,
                                          const config::UrgencyRules& rules = {});

}  // namespace headgate::routing
