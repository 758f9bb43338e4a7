#include "routing/classify/hints.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "routing/text/ascii.h"

namespace headgate::routing {
namespace {

std::optional<Class> ClassNamed(std::string_view name) {
  const std::string_view wanted = Trim(name);
  for (std::size_t i = 0; i < kClassNames.size(); ++i) {
    if (EqualsIgnoringCase(wanted, kClassNames[i])) return static_cast<Class>(i);
  }
  return std::nullopt;
}

// A plain decimal number >= 0.
std::optional<double> MillisecondsIn(std::string_view written) {
  const std::string_view text = Trim(written);
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  // std::from_chars reads "inf" and "nan" too.
  const bool good = error == std::errc() && stop == end && std::isfinite(value) && value >= 0;
  return good ? std::optional(value) : std::nullopt;
}

}  // namespace

HintTrust HintTrust::All() {
  HintTrust trust;
  trust.trusted.set();
  return trust;
}

HintTrust HintTrust::Of(const std::vector<config::Hint>& hints) {
  HintTrust trust;
  for (const config::Hint hint : hints) trust.trusted.set(static_cast<std::size_t>(hint));
  return trust;
}

std::optional<Class> ExplicitClass(const Signals& signals) {
  const std::optional<Class> header = ClassNamed(signals.class_header);
  return header ? header : ClassNamed(signals.metadata_class);
}

std::optional<Urgency> UrgencyOf(config::UrgencyMeaning meaning) {
  switch (meaning) {
    case config::UrgencyMeaning::kNormal:
      return Urgency::kNormal;
    case config::UrgencyMeaning::kLatencyCritical:
      return Urgency::kLatencyCritical;
    case config::UrgencyMeaning::kBatch:
      return Urgency::kBatch;
    case config::UrgencyMeaning::kIgnored:
      break;
  }
  return std::nullopt;
}

std::optional<Urgency> UrgencyOfServiceTier(std::string_view tier,
                                            const config::UrgencyRules& rules) {
  if (tier == "flex") return UrgencyOf(rules.flex);
  const bool priority = tier == "priority" || tier == "fast" || tier == "ultrafast";
  return priority ? UrgencyOf(rules.priority) : std::nullopt;
}

std::optional<Urgency> UrgencyOfReasoning(std::string_view effort,
                                          const config::UrgencyRules& rules) {
  const bool hard = effort == "high" || effort == "xhigh" || effort == "max";
  return hard ? UrgencyOf(rules.thinking) : std::nullopt;
}

std::optional<Urgency> UrgencyOfSlo(std::string_view milliseconds,
                                    const config::UrgencyRules& rules) {
  const std::optional<double> value = MillisecondsIn(milliseconds);
  if (!value) return std::nullopt;
  if (*value <= static_cast<double>(rules.soon_within.count())) return UrgencyOf(rules.soon);
  if (*value >= static_cast<double>(rules.patient_from.count())) return UrgencyOf(rules.patient);
  return Urgency::kNormal;
}

std::optional<std::uint32_t> SloTtftMs(std::string_view milliseconds) {
  const std::optional<double> value = MillisecondsIn(milliseconds);
  if (!value) return std::nullopt;
  constexpr double kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(*value, kMost));
}

}  // namespace headgate::routing
