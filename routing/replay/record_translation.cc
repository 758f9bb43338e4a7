#include "routing/replay/record_translation.h"

#include <algorithm>
#include <functional>
#include <string>

#include "config/base/glob.h"

namespace headgate::routing {
namespace {

using Source = Pattern::Source;

bool IsOfText(const Pattern& pattern) {
  return pattern.source == Source::kHeader || pattern.source == Source::kMetadata;
}

template <typename Range, typename Named>
std::optional<std::size_t> IndexOf(const Range& range, const std::string& name, Named named) {
  const auto found = std::find_if(range.begin(), range.end(),
                                  [&](const auto& item) { return named(item) == name; });
  if (found == range.end()) return std::nullopt;
  return static_cast<std::size_t>(found - range.begin());
}

// The hint that raised the urgency of a latency_critical request.
std::optional<config::Hint> RaisedBy(const Classification& classification) {
  if (classification.urgency != Urgency::kLatencyCritical) return std::nullopt;
  switch (classification.urgency_reason) {
    case Reason::kExplicit:
      return config::Hint::kClass;
    case Reason::kServiceTier:
      return config::Hint::kServiceTier;
    case Reason::kSlo:
      return config::Hint::kSlo;
    case Reason::kFillInTheMiddle:
    case Reason::kMaxTokens:
      return config::Hint::kFim;
    case Reason::kAgent:
    case Reason::kThinking:
      return config::Hint::kHeader;
    default:
      return std::nullopt;
  }
}

constexpr auto kName = [](const auto& item) -> const std::string& { return item.name; };

}  // namespace

RecordTranslation::RecordTranslation(const RecordedPolicy& recorded, const CompiledPolicy& policy)
    : policy_(policy) {
  for (const Pattern& pattern : policy.patterns()) {
    facts_.push_back(SourceOf(pattern, recorded));
  }
  for (const Target& target : policy.targets()) {
    recorded_target_of_.push_back(IndexOf(recorded.targets, target.name, kName));
    all_targets_recorded_ &= recorded_target_of_.back().has_value();
  }
  for (const RecordedTarget& target : recorded.targets) {
    target_of_.push_back(IndexOf(policy.targets(), target.name, kName));
  }
  for (const RecordedKey& key : recorded.keys) {
    key_of_.push_back(IndexOf(policy.keys(), key.name, kName));
    trust_of_.push_back(ChangeOf(key.trust, policy.TrustOf(key_of_.back())));
  }
  for (const std::string& topic : recorded.topics) {
    topic_of_.push_back(IndexOf(policy.topic_names(), topic, std::identity()));
  }
  keyless_trust_ = ChangeOf(recorded.keyless_trust, policy.TrustOf(std::nullopt));
}

RecordTranslation::TrustChange RecordTranslation::ChangeOf(const std::optional<HintTrust>& recorded,
                                                           const HintTrust& now) {
  // The trust was not recorded. Only the hint that raised the urgency is known to have been
  // trusted.
  if (!recorded) return {.lost = {~now.trusted}, .gained = {}};
  return {.lost = {recorded->trusted & ~now.trusted}, .gained = {now.trusted & ~recorded->trusted}};
}

// Urgency can differ only if the hint that raised it is no longer trusted, or a clamped hint is
// trusted now.
bool RecordTranslation::DependsOn(const TrustChange& change, const Classification& recorded) {
  if (recorded.clamped && change.gained.trusted.any()) return true;
  const std::optional<config::Hint> hint = RaisedBy(recorded);
  return hint && change.lost.Has(*hint);
}

RecordTranslation::FactSource RecordTranslation::SourceOf(const Pattern& pattern,
                                                          const RecordedPolicy& recorded) {
  FactSource source;
  const bool literal = !config::IsGlob(pattern.glob);
  for (std::size_t i = 0; i < recorded.patterns.size(); ++i) {
    const Pattern& other = recorded.patterns[i];
    if (other.source != pattern.source || other.name != pattern.name) continue;
    if (other.glob == pattern.glob) source.same = i;
    const bool known_value = !config::IsGlob(other.glob);
    if (pattern.glob == "*" || (known_value && config::MatchesGlob(pattern.glob, other.glob))) {
      source.implied_by.push_back(i);
    }
    if (other.glob == "*" || (literal && config::MatchesGlob(other.glob, pattern.glob))) {
      source.refuted_by.push_back(i);
    }
  }
  return source;
}

void RecordTranslation::TranslateFacts(const Facts& recorded, Facts& facts) const {
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    if (!IsOfText(policy_.patterns()[i])) continue;  // patterns of keys follow from the key
    const FactSource& source = facts_[i];
    const auto matched = [&](std::size_t pattern) { return recorded.Has(pattern); };
    if (source.same) {
      if (matched(*source.same)) facts.Set(i);
    } else if (std::any_of(source.implied_by.begin(), source.implied_by.end(), matched)) {
      facts.Set(i);
    } else if (std::all_of(source.refuted_by.begin(), source.refuted_by.end(), matched)) {
      facts.SetUnknown(i);
    }
  }
}

RecordTranslation::Result RecordTranslation::Translate(const RecordedRequest& record,
                                                       DecisionInput& input) const {
  const DecisionInput& from = record.input;
  input.key.reset();
  if (from.key) {
    input.key = key_of_[*from.key];
    if (!input.key) return Result::kUnknownKey;
  }
  const std::optional<std::size_t> topic =
      topic_of_[static_cast<std::size_t>(from.classification.topic)];
  if (!topic) return Result::kUnknownTopic;
  input.classification = from.classification;
  input.classification.topic = static_cast<Topic>(*topic);
  input.endpoint = from.endpoint;
  input.model = policy_.Resolve(record.model);
  input.stream = from.stream;
  input.uses = from.uses;
  input.text_bytes = from.text_bytes;
  input.other_input_tokens = from.other_input_tokens;
  input.max_tokens = from.max_tokens;
  input.slo_ttft_ms = from.slo_ttft_ms;
  input.choices = from.choices;
  input.native_only = from.native_only;
  input.seed = from.seed;
  input.unix_seconds = from.unix_seconds;
  input.conversation_target.reset();
  if (from.conversation_target) input.conversation_target = target_of_[*from.conversation_target];
  input.facts.Reset(facts_.size());
  if (input.key) input.facts.Add(policy_.keys()[*input.key].facts);
  TranslateFacts(from.facts, input.facts);
  input.candidates.resize(recorded_target_of_.size());
  for (std::size_t i = 0; i < input.candidates.size(); ++i) {
    const std::optional<std::size_t> recorded = recorded_target_of_[i];
    input.candidates[i] = recorded ? from.candidates[*recorded] : Candidate{};
  }
  const bool class_known = ApplyCustomClasses(policy_, input);
  const TrustChange& change = from.key ? trust_of_[*from.key] : keyless_trust_;
  if (DependsOn(change, from.classification)) return Result::kUnknownHints;
  return class_known ? Result::kOk : Result::kUnknownFact;
}

bool RecordTranslation::DependsOnUnrecordedTarget(const Decision& decision) const {
  if (all_targets_recorded_ || decision.plan.empty()) return false;
  const auto unrecorded = [&](const PlannedTarget& planned) {
    return !recorded_target_of_[planned.target];
  };
  switch (policy_.routes()[decision.route].prefer) {
    case config::Prefer::kOrdered:
    case config::Prefer::kWeighted:
    case config::Prefer::kHighestQuality:  // the state of a later target changes none
      return unrecorded(decision.plan.front());
    case config::Prefer::kLowestCost:
    case config::Prefer::kLowestLatency:
    case config::Prefer::kBlend:
      break;
  }
  return std::any_of(decision.plan.begin(), decision.plan.end(), unrecorded);
}

}  // namespace headgate::routing
