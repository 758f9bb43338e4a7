#pragma once

#include <optional>
#include <string_view>

#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"

namespace headgate::routing {

// What clients may say about the urgency of their requests, read from headers and body. Pure: a
// value that cannot be read says nothing, because a hint never fails a request.

// The built-in class that the x-headgate-class header names, else metadata.class; in any case of
// letters. An unknown name in one does not hide a known one in the other.
std::optional<Class> ExplicitClass(const Signals& signals);

// Nothing for a rule that is ignored.
std::optional<Urgency> UrgencyOf(config::UrgencyMeaning meaning);

// `service_tier`: flex; priority, fast and ultrafast; the rest say nothing.
std::optional<Urgency> UrgencyOfServiceTier(std::string_view tier,
                                            const config::UrgencyRules& rules = {});

// x-slo-ttft-ms, the first token wanted within so many milliseconds: a plain decimal number, >= 0.
// Up to rules.soon_within it is soon, from rules.patient_from on patient, between them normal.
std::optional<Urgency> UrgencyOfSlo(std::string_view milliseconds,
                                    const config::UrgencyRules& rules = {});

// `reasoning_effort`: high, xhigh and max, for which nobody expects a word at once; the rest say
// nothing.
std::optional<Urgency> UrgencyOfReasoning(std::string_view effort,
                                          const config::UrgencyRules& rules = {});

}  // namespace headgate::routing
