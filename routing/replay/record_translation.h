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

// Puts a recorded request before another policy: finds the patterns, targets and keys of the
// recording policy in the new one, once for all its records. Immutable; thread-safe.
//
// Whether a pattern of the new policy matched is known if the recording policy looked for the same,
// and where it follows from what was found: a name of which "*" did not match was not there at all;
// what a wider pattern missed, a literal inside it missed too; a literal that matched is a value
// that is known. Everything else is unknown (Facts::SetUnknown), and Decide says when it mattered.
class RecordTranslation {
 public:
  // Both outlive this.
  RecordTranslation(const RecordedPolicy& recorded, const CompiledPolicy& policy);

  // Fills `input` for Decide, with the class that the request has under the new policy.
  // kUnknownKey: the new policy has no key of the record's name, so what that key may is not known.
  // kUnknownHints: its key trusts other hints than it did, and its urgency hangs on one of them;
  // `input` has the urgency that it had. kUnknownTopic: the new policy's model has no topic of the
  // record's name; `input` is then not written. kUnknownFact: the class hangs on a pattern never
  // looked for; `input` has the one for its not being there (PossibleClasses has all).
  enum class Result : std::uint8_t { kOk, kUnknownKey, kUnknownTopic, kUnknownHints, kUnknownFact };
  Result Translate(const RecordedRequest& record, DecisionInput& input) const;

  // Whether the recording policy had this target of the new one.
  bool IsRecorded(std::size_t target) const { return recorded_target_of_[target].has_value(); }

  // Whether `decision`, made for a translated request, hangs on the state of a target that the
  // recording policy did not have: it comes first, or could have.
  bool HangsOnUnrecordedTarget(const Decision& decision) const;

 private:
  // By pattern of the new policy.
  struct FactSource {
    std::optional<std::size_t> same;  // the recorded pattern that is this one
    std::vector<std::size_t> implied_by;
    std::vector<std::size_t> refuted_by;  // when they do not match
  };
  static FactSource SourceOf(const Pattern& pattern, const RecordedPolicy& recorded);
  // Hints that one of the policies trusts and the other does not.
  struct TrustChange {
    HintTrust lost;
    HintTrust gained;
  };
  static TrustChange ChangeOf(const std::optional<HintTrust>& recorded, const HintTrust& now);
  static bool HangsOn(const TrustChange& change, const Classification& recorded);
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
