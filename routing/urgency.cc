#include "routing/urgency.h"

#include "routing/ascii.h"
#include "routing/hints.h"

namespace headgate::routing {
namespace {

using config::Hint;

constexpr std::int64_t kWhileTyping = 16;  // tokens

std::optional<Urgency> UrgencyOfClass(std::optional<Class> value) {
  if (value == Class::kBatch) return Urgency::kBatch;
  if (value == Class::kLatencyCritical) return Urgency::kLatencyCritical;
  return std::nullopt;
}

bool IsAgentStep(const Signals& signals) {
  if (EqualsIgnoringCase(signals.initiator_header, "agent")) return true;
  return signals.tool_loop && !EqualsIgnoringCase(signals.initiator_header, "user");
}

bool IsWhileTyping(const Signals& signals) {
  return signals.stream && signals.max_tokens && *signals.max_tokens >= 1 &&
         *signals.max_tokens <= kWhileTyping;
}

}  // namespace

UrgencyVerdict ClassifyUrgency(const Signals& signals, const HintTrust& trust,
                               std::optional<Class> explicit_class, bool fill_in_the_middle) {
  UrgencyVerdict verdict;
  const auto hit = [&](std::optional<Urgency> asked, Hint hint, Reason reason) {
    if (!asked) return false;
    if (asked == Urgency::kLatencyCritical && !trust.Has(hint)) {
      verdict.clamped = true;
      return false;
    }
    verdict.urgency = *asked;
    verdict.reason = reason;
    return true;
  };
  const auto raised_if = [](bool condition) {
    return condition ? std::optional(Urgency::kLatencyCritical) : std::nullopt;
  };

  if (hit(UrgencyOfClass(explicit_class), Hint::kClass, Reason::kExplicit) ||
      hit(UrgencyOfServiceTier(signals.service_tier), Hint::kServiceTier, Reason::kServiceTier) ||
      hit(UrgencyOfSlo(signals.slo_ttft_header), Hint::kSlo, Reason::kSlo) ||
      hit(raised_if(fill_in_the_middle), Hint::kFim, Reason::kFillInTheMiddle)) {
    // The reason is set.
  } else if (IsAgentStep(signals)) {
    verdict.reason = Reason::kAgent;
  } else {
    hit(raised_if(IsWhileTyping(signals)), Hint::kFim, Reason::kMaxTokens);
  }
  if (verdict.clamped && verdict.urgency == Urgency::kNormal) verdict.reason = Reason::kClamped;
  return verdict;
}

}  // namespace headgate::routing
