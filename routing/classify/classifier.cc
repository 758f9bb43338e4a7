#include "routing/classify/classifier.h"

#include <optional>

#include "routing/classify/fill_in_the_middle.h"
#include "routing/classify/hints.h"
#include "routing/classify/topic.h"
#include "routing/classify/urgency.h"

namespace headgate::routing {
namespace {

struct ClassVerdict {
  Class value = Class::kGeneral;
  Reason reason = Reason::kDefault;
};

// The explicit class if it counts, else the urgency if it is not normal, else code if the topic is
// code.
ClassVerdict ClassOf(std::optional<Class> explicit_class, const UrgencyVerdict& urgency,
                     const TopicVerdict& topic) {
  if (explicit_class) return {*explicit_class, Reason::kExplicit};
  if (urgency.urgency == Urgency::kBatch) return {Class::kBatch, urgency.reason};
  if (urgency.urgency == Urgency::kLatencyCritical) {
    return {Class::kLatencyCritical, urgency.reason};
  }
  if (topic.topic == Topic::kCode) return {Class::kCode, topic.reason};
  return {Class::kGeneral, urgency.clamped ? Reason::kClamped : topic.reason};
}

}  // namespace

Classification Classify(const Signals& signals, const HintTrust& trust,
                        const ClassifierOptions& options) {
  const std::optional<Class> asked = ExplicitClass(signals);
  const bool fill_in_the_middle = IsFillInTheMiddle(signals);
  const UrgencyVerdict urgency =
      ClassifyUrgency(signals, trust, asked, fill_in_the_middle, options.urgency);
  const TopicVerdict topic = ClassifyTopic(signals, asked, fill_in_the_middle, options);

  const bool refused = asked == Class::kLatencyCritical && !trust.Has(config::Hint::kClass);
  const ClassVerdict verdict = ClassOf(refused ? std::nullopt : asked, urgency, topic);
  return {
      .topic = topic.topic,
      .topic_confidence = topic.confidence,
      .urgency = urgency.urgency,
      .request_class = verdict.value,
      .topic_reason = topic.reason,
      .urgency_reason = urgency.reason,
      .class_reason = verdict.reason,
      .built_in_class = verdict.value,
      .built_in_reason = verdict.reason,
      .clamped = urgency.clamped,
  };
}

}  // namespace headgate::routing
