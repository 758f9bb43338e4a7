#pragma once

#include <optional>
#include <string_view>

#include "routing/classifier.h"
#include "routing/signals.h"

namespace headgate::routing {

// What clients may say about the urgency of their requests, read from headers and body. Pure: a
// value that cannot be read says nothing, because a hint never fails a request.

// The built-in class that the x-headgate-class header names, else metadata.class; in any case of
// letters. An unknown name in one does not hide a known one in the other.
std::optional<Class> ExplicitClass(const Signals& signals);

// `service_tier`: flex lowers; priority, fast and ultrafast raise; the rest say nothing.
std::optional<Urgency> UrgencyOfServiceTier(std::string_view tier);

// x-slo-ttft-ms, the first token wanted within so many milliseconds: a plain decimal number, >= 0.
// Up to 1,000 is latency critical, from 30,000 on it is batch, between them normal.
std::optional<Urgency> UrgencyOfSlo(std::string_view milliseconds);

}  // namespace headgate::routing
