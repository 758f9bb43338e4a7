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

// Why a record cannot say what a policy does with a request.
enum class Undecided : std::uint8_t { kNo, kFact, kTarget, kKey, kHints, kConversation };

// One thing that a request is undecided for. What the numbers stand for depends on `why`
// (UndecidedCauses::NameOf).
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

// Finds out which patterns of a policy leave a request undecided. Pure; thread-compatible.
class PatternCauses {
 public:
  // Outlives this.
  explicit PatternCauses(const CompiledPolicy& policy) : policy_(policy) {}

  // Adds the patterns that are not known and that the routes hang on which could get the request,
  // those up to the first one that surely gets it. `input_tokens` as in Decision.
  void AddOfRoutes(const DecisionInput& input, std::int64_t input_tokens,
                   std::vector<UndecidedCause>& causes) const;
  // Likewise of custom classes.
  void AddOfClasses(const DecisionInput& input, std::int64_t input_tokens,
                    std::vector<UndecidedCause>& causes) const;

  // "header x-tier: gold" and "route vip". REQUIRES: `cause` is of this policy and kFact.
  std::string PatternOf(const UndecidedCause& cause) const;
  std::string PlaceOf(const UndecidedCause& cause) const;

 private:
  // `where` of a class: its index, and this.
  static constexpr std::uint32_t kClass = std::uint32_t{1} << 31;

  const CompiledPolicy& policy_;
};

}  // namespace headgate::routing
