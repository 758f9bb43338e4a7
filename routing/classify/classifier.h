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
struct TopicOpinions;

enum class Urgency : std::uint8_t { kNormal, kLatencyCritical, kBatch };

// The built-in classes. Larger values are the custom classes of a policy
// (CompiledPolicy::class_names). The values are the indices of metrics and policies.
enum class Class : std::uint8_t { kBatch, kLatencyCritical, kCode, kGeneral };
inline constexpr auto kClassNames = config::kClasses;

// Why a signal won. One word each, because it is a metric label and a log field.
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
  kAbstained,    // the model is not sure enough
  kSession,      // a bare follow-up: the topic of the conversation
  kThinking,     // high reasoning_effort
  kCodingAgent,  // a client that only writes code
};
inline constexpr int kReasonCount = 22;
// Their names in logs, metrics and recordings. ToString of a topic or class REQUIRES: it is built
// in.
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

// Which hints may raise the urgency of a request or set its class: urgent requests cost more.
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
  // The class that the request has if no custom class matches.
  Class built_in_class = Class::kGeneral;
  Reason built_in_reason = Reason::kDefault;
  bool clamped = false;  // a hint asked for more than its key may ask for
};

// What the operator configured for classification. The model must outlive the call.
struct ClassifierOptions {
  const TopicModel* model = nullptr;  // null: the shipped one
  std::optional<float> threshold;     // 0..1; nullopt: the threshold from training
  config::UrgencyRules urgency;
  // For explanations: gets what the models said for each verdict that was asked of them on the way.
  // The last entry with the topic and confidence of the result is that of the result.
  std::vector<TopicOpinions>* opinions = nullptr;
};

// Classifies by two chains of rules (urgency.h, topic.h). In each chain the first hit wins, and its
// reason is kept. The class follows from them: an explicit class (`latency_critical` only if
// trusted), else the urgency if it is not normal, else code if the topic is code, else general.
// Pure; allocates nothing. It reads at most 8 KiB of the texts for their structure and 4 KiB of a
// message for its words, so the cost is bounded for prompts of any size.
Classification Classify(const Signals& signals, const HintTrust& trust,
                        const ClassifierOptions& options = {});

}  // namespace headgate::routing
