#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "routing/classify/signals.h"

namespace headgate::routing {

class TopicModel;

enum class Urgency : std::uint8_t { kNormal, kLatencyCritical, kBatch };

// The built-in classes; values above them are a policy's own (CompiledPolicy::class_names). In the
// order of their index in metrics and policies.
enum class Class : std::uint8_t { kBatch, kLatencyCritical, kCode, kGeneral };
inline constexpr auto kClassNames = config::kClasses;

// Why a signal won. One word each: it is a metric label and a log field.
enum class Reason : std::uint8_t {
  kDefault,
  kEndpoint,
  kServiceTier,
  kSlo,
  kFillInTheMiddle,
  kAgent,
  kMaxTokens,
  kExplicit,
  kCodingTools,
  kToolLoop,
  kFence,
  kDiff,
  kStackTrace,
  kCodeDensity,
  kMathNotation,
  kClamped,
  kPolicy,       // a custom class
  kModel,        // the trained model is sure enough
  kAbstained,    // it is not
  kSession,      // a bare follow-up, about what the conversation is about
  kThinking,     // high reasoning_effort
  kCodingAgent,  // a client that only codes
};
inline constexpr int kReasonCount = 22;
// Words for them, as logs, metrics and recordings have them. Of a topic and a class REQUIRES: a
// built-in one.
inline constexpr auto kUrgencyNames = config::kUrgencies;
inline constexpr std::array<std::string_view, kReasonCount> kReasonNames = {"default",
                                                                            "endpoint",
                                                                            "service_tier",
                                                                            "slo",
                                                                            "fill_in_the_middle",
                                                                            "agent",
                                                                            "max_tokens",
                                                                            "explicit",
                                                                            "coding_tools",
                                                                            "tool_loop",
                                                                            "fence",
                                                                            "diff",
                                                                            "stack_trace",
                                                                            "code_density",
                                                                            "math_notation",
                                                                            "clamped",
                                                                            "policy",
                                                                            "model",
                                                                            "abstained",
                                                                            "session",
                                                                            "reasoning_effort",
                                                                            "coding_agent"};
constexpr std::string_view ToString(Topic topic) {
  return kTopicNames[static_cast<std::size_t>(topic)];
}
constexpr std::string_view ToString(Urgency urgency) {
  return kUrgencyNames[static_cast<std::size_t>(urgency)];
}
constexpr std::string_view ToString(Class value) {
  return kClassNames[static_cast<std::size_t>(value)];
}
constexpr std::string_view ToString(Reason reason) {
  return kReasonNames[static_cast<std::size_t>(reason)];
}

// Which hints may raise a request's urgency or set its class (DESIGN: hints cost money).
struct HintTrust {
  std::bitset<8> trusted;  // indexed by config::Hint
  static HintTrust All();
  static HintTrust Of(const std::vector<config::Hint>& hints);
  bool Has(config::Hint hint) const { return trusted[static_cast<std::size_t>(hint)]; }
};

struct Classification {
  Topic topic = Topic::kGeneral;
  float topic_confidence = 0;  // 0..1
  Urgency urgency = Urgency::kNormal;
  Class request_class = Class::kGeneral;
  Reason topic_reason = Reason::kDefault;
  Reason urgency_reason = Reason::kDefault;
  Reason class_reason = Reason::kDefault;
  // What the class is where the policy has none of its own for the request.
  Class built_in_class = Class::kGeneral;
  Reason built_in_reason = Reason::kDefault;
  bool clamped = false;  // a hint asked for more than its key may have
};

// How the operator wants requests to be read. The model must outlive the call.
struct ClassifierOptions {
  const TopicModel* model = nullptr;  // null: the shipped one
  std::optional<float> threshold;     // 0..1; none: the one that was chosen in training
  config::UrgencyRules urgency;
};

// Two chains (urgency.h, topic.h), in each the first hit wins and its reason is kept; the class
// follows: an explicit one (`latency_critical` only if trusted), else urgency if not normal, else
// code if the topic is, else general. Pure; allocates nothing; reads at most 8 KiB of the texts for
// their structure and 4 KiB of a message for its words, so its cost is bounded whatever the size of
// the prompt.
Classification Classify(const Signals& signals, const HintTrust& trust,
                        const ClassifierOptions& options = {});

}  // namespace headgate::routing
