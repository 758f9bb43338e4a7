#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "routing/classify/classifier.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"
#include "routing/replay/recorded.h"

namespace headgate::routing {

// Translates recorded requests to another policy. It finds the patterns, targets and keys of the
// recorded policy in the new policy once for all records. Immutable; thread-safe.
//
// A pattern of the new policy is known if the recorded policy had the same one, or if the result
// follows from others: if "*" did not match, the name was not present. If a wider pattern did not
// match, a literal within it did not match either. A literal that matched is a known value. All
// other patterns are unknown (Facts::SetUnknown), and Decide says when that matters.
class RecordTranslation {
 public:
  // Both arguments must outlive this.
  RecordTranslation(const RecordedPolicy& recorded, const CompiledPolicy& policy);

  // Fills `input` for Decide, with the class that the request has under the new policy.
  // kUnknownKey: the new policy has no key of that name, so its permissions are unknown.
  // kUnknownHints: the new policy trusts other hints of the key, and the urgency depends on one of
  // them; `input` has the recorded urgency. kUnknownTopic: the model of the new policy has no topic
  // of that name; `input` is not written. kUnknownFact: the class depends on an unknown pattern;
  // `input` has the class for the case that it does not match (PossibleClasses has all).
  enum class Result : std::uint8_t { kOk, kUnknownKey, kUnknownTopic, kUnknownHints, kUnknownFact };
  Result Translate(const RecordedRequest& record, DecisionInput& input) const;

  // Whether the recorded policy had this target of the new policy.
  bool IsRecorded(std::size_t target) const { return recorded_target_of_[target].has_value(); }

  // Whether `decision`, made for a translated request, depends on the state of a target that the
  // recorded policy did not have: that target comes first or could come first.
  bool DependsOnUnrecordedTarget(const Decision& decision) const;

 private:
  // By pattern of the new policy.
  struct FactSource {
    std::optional<std::size_t> same;  // the same pattern in the recorded policy
    std::vector<std::size_t> implied_by;
    std::vector<std::size_t> refuted_by;  // when they do not match
  };
  static FactSource SourceOf(const Pattern& pattern, const RecordedPolicy& recorded);
  // Hints that only one of the two policies trusts.
  struct TrustChange {
    HintTrust lost;
    HintTrust gained;
  };
  static TrustChange ChangeOf(const std::optional<HintTrust>& recorded, const HintTrust& now);
  static bool DependsOn(const TrustChange& change, const Classification& recorded);
  void TranslateFacts(const Facts& recorded, Facts& facts) const;

  const CompiledPolicy& policy_;
  std::vector<FactSource> facts_;  // parallel to the new policy's patterns
  std::vector<std::optional<std::size_t>> recorded_target_of_;  // by target of the new policy
  std::vector<std::optional<std::size_t>> target_of_;           // by recorded target
  std::vector<std::optional<std::size_t>> key_of_;              // by recorded key
  std::vector<std::optional<std::size_t>> topic_of_;            // by recorded topic
  std::vector<TrustChange> trust_of_;                           // by recorded key
  TrustChange keyless_trust_;
  bool all_targets_recorded_ = true;
};

}  // namespace headgate::routing
