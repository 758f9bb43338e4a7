#include "routing/classify/urgency.h"

#include "routing/classify/hints.h"
#include "routing/text/ascii.h"

namespace headgate::routing {
namespace {

using config::Hint;

std::optional<Urgency> UrgencyOfClass(std::optional<Class> value) {
  if (value == Class::kBatch) return Urgency::kBatch;
  if (value == Class::kLatencyCritical) return Urgency::kLatencyCritical;
  return std::nullopt;
}

bool IsAgentStep(const Signals& signals) {
  if (EqualsIgnoringCase(signals.initiator_header, "agent")) return true;
  return (signals.tool_loop || signals.subagent) &&
         !EqualsIgnoringCase(signals.initiator_header, "user");
}

bool IsWhileTyping(const Signals& signals, int most) {
  return signals.stream && signals.max_tokens && *signals.max_tokens >= 1 &&
         *signals.max_tokens <= most;
}

}  // namespace

UrgencyVerdict ClassifyUrgency(const Signals& signals, const HintTrust& trust,
                               std::optional<Class> explicit_class, bool fill_in_the_middle,
                               const config::UrgencyRules& rules) {
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
  const auto where = [](bool applies, config::UrgencyMeaning meaning) {
    return applies ? UrgencyOf(meaning) : std::nullopt;
  };

  const bool said =
      hit(UrgencyOfClass(explicit_class), Hint::kClass, Reason::kExplicit) ||
      hit(UrgencyOfServiceTier(signals.service_tier, rules), Hint::kServiceTier,
          Reason::kServiceTier) ||
      hit(UrgencyOfSlo(signals.slo_ttft_header, rules), Hint::kSlo, Reason::kSlo) ||
      hit(where(fill_in_the_middle, rules.fill_in_the_middle), Hint::kFim,
          Reason::kFillInTheMiddle) ||
      hit(where(IsAgentStep(signals), rules.agent), Hint::kHeader, Reason::kAgent) ||
      hit(UrgencyOfReasoning(signals.reasoning_effort, rules), Hint::kHeader, Reason::kThinking) ||
      hit(where(IsWhileTyping(signals, rules.typing_tokens), rules.typing), Hint::kFim,
          Reason::kMaxTokens);
  const bool refused = verdict.clamped && verdict.urgency == Urgency::kNormal;
  if (refused || !said) verdict.reason = refused ? Reason::kClamped : Reason::kDefault;
  return verdict;
}

}  // namespace headgate::routing
