#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "config/config.h"
#include "routing/policy/condition.h"
#include "routing/policy/facts.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Compiles `when` into conditions: words become bits, texts become patterns that all conditions
// share, and model names and globs become sets of models. Thread-compatible; used while a policy is
// compiled.
class ConditionCompiler {
 public:
  // `policy` resolves names; its targets, models and classes must be complete. `patterns` already
  // have numbers.
  explicit ConditionCompiler(const CompiledPolicy& policy, std::vector<Pattern> patterns = {})
      : policy_(policy), patterns_(std::move(patterns)) {}

  // `where` names the condition in errors. Returns kInvalidArgument for an unknown word or zone.
  absl::StatusOr<Condition> Compile(const config::When& when, const std::string& where);

  // All patterns so far; Condition::facts are positions in this vector.
  const std::vector<Pattern>& patterns() const { return patterns_; }

 private:
  absl::Status AddTraits(const config::When& when, const std::string& where, Condition& out) const;
  void AddModels(const std::vector<std::string>& models, RareTests& out) const;
  void AddTexts(const config::When& when, Condition& out);
  void AddGroup(Pattern::Source source, const std::string& name,
                const std::vector<std::string>& globs, Condition& out);
  absl::Status AddRare(const config::When& when, const std::string& where, Condition& out) const;
  absl::Status AddParts(const std::vector<config::When>& parts, const std::string& where,
                        std::vector<Condition>& out);

  const CompiledPolicy& policy_;
  std::vector<Pattern> patterns_;
};

// The whole numbers that all comparisons allow.
Interval IntervalOf(const config::Comparisons& comparisons);

}  // namespace headgate::routing
