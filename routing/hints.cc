#include "routing/hints.h"

#include <charconv>
#include <cmath>
#include <system_error>

#include "routing/ascii.h"

namespace headgate::routing {
namespace {

constexpr double kInteractiveMs = 1'000;
constexpr double kPatientMs = 30'000;

std::optional<Class> ClassNamed(std::string_view name) {
  const std::string_view wanted = Trim(name);
  for (std::size_t i = 0; i < kClassNames.size(); ++i) {
    if (EqualsIgnoringCase(wanted, kClassNames[i])) return static_cast<Class>(i);
  }
  return std::nullopt;
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

std::optional<Urgency> UrgencyOfServiceTier(std::string_view tier) {
  if (tier == "flex") return Urgency::kBatch;
  if (tier == "priority" || tier == "fast" || tier == "ultrafast") return Urgency::kLatencyCritical;
  return std::nullopt;
}

std::optional<Urgency> UrgencyOfSlo(std::string_view milliseconds) {
  const std::string_view text = Trim(milliseconds);
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  // std::from_chars reads "inf" and "nan" too.
  if (error != std::errc() || stop != end || !std::isfinite(value) || value < 0) {
    return std::nullopt;
  }
  if (value <= kInteractiveMs) return Urgency::kLatencyCritical;
  return value >= kPatientMs ? Urgency::kBatch : Urgency::kNormal;
}

}  // namespace headgate::routing
