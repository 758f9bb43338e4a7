#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "routing/decide/decision.h"
#include "routing/policy/condition.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Why a record does not show what a policy does with a request.
enum class Undecided : std::uint8_t { kNo, kFact, kTarget, kKey, kHints, kConversation };

// One cause for which a request is undecided. The meaning of the numbers depends on `why`
// (ReplayDecider::NameOf and LocationOf).
struct UndecidedCause {
  Undecided why = Undecided::kNo;
  std::uint32_t where = 0;
  std::uint32_t what = 0;
  bool operator==(const UndecidedCause&) const = default;
  template <typename H>
  friend H AbslHashValue(H state, const UndecidedCause& cause) {
    return H::combine(std::move(state), cause.why, cause.where, cause.what);
  }
};

// Finds the patterns of a policy that leave a request undecided. Pure; thread-compatible.
class PatternCauses {
 public:
  // `policy` must outlive this.
  explicit PatternCauses(const CompiledPolicy& policy) : policy_(policy) {}

  // Adds the unknown patterns on which routes depend that could get the request, up to the first
  // route that certainly gets it. `input_tokens` as in Decision.
  void AddOfRoutes(const DecisionInput& input, std::int64_t input_tokens,
                   std::vector<UndecidedCause>& causes) const;
  // The same for the custom classes.
  void AddOfClasses(const DecisionInput& input, std::int64_t input_tokens,
                    std::vector<UndecidedCause>& causes) const;

  // For example "header x-tier: gold" and "route vip". REQUIRES: `cause` is a kFact of this policy.
  std::string PatternOf(const UndecidedCause& cause) const;
  std::string LocationOf(const UndecidedCause& cause) const;

 private:
  // The bit of `where` that marks a class; the other bits are its index.
  static constexpr std::uint32_t kClass = std::uint32_t{1} << 31;

  const CompiledPolicy& policy_;
};

}  // namespace headgate::routing
