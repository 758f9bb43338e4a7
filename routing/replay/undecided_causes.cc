#include "routing/replay/undecided_causes.h"

#include <algorithm>

#include "config/base/text.h"
#include "routing/decide/route_match.h"
#include "routing/reach/request_words.h"

namespace headgate::routing {
namespace {

using Patterns = std::vector<std::uint32_t>;

// Adds the unknown patterns on which the result depends. REQUIRES: the condition is unknown.
void AddUnknown(const Condition& condition, const ConditionInput& condition_input, Patterns& out) {
  for (std::size_t i = 0; i < condition.facts.size(); ++i) {
    const std::size_t first = i;
    bool matches = false;
    for (;; ++i) {
      const FactTest& test = condition.facts[i];
      matches |= condition_input.facts->HasOneOf(test.word, test.mask);
      if (test.last) break;
    }
    for (std::size_t at = first; at <= i && !matches; ++at) {
      const FactTest& test = condition.facts[at];
      for (std::uint32_t bit = 0; bit < 64; ++bit) {
        const std::uint64_t pattern = test.mask & std::uint64_t{1} << bit;
        if (condition_input.facts->IsUnknownOneOf(test.word, pattern)) {
          out.push_back(test.word * 64 + bit);
        }
      }
    }
  }
  for (const auto* const parts : {&condition.all, &condition.any, &condition.none}) {
    for (const Condition& part : *parts) {
      if (Evaluate(part, condition_input) == Match::kUnknown)
        AddUnknown(part, condition_input, out);
    }
  }
}

void AddCauses(const Condition& condition, const ConditionInput& condition_input,
               std::uint32_t where, std::vector<UndecidedCause>& causes) {
  Patterns patterns;
  AddUnknown(condition, condition_input, patterns);
  for (const std::uint32_t pattern : patterns) {
    const UndecidedCause cause{Undecided::kFact, where, pattern};
    if (std::find(causes.begin(), causes.end(), cause) == causes.end()) causes.push_back(cause);
  }
}

}  // namespace

void PatternCauses::AddOfRoutes(const DecisionInput& input, std::int64_t input_tokens,
                                std::vector<UndecidedCause>& causes) const {
  const ConditionInput condition_input = ConditionInputOf(input, input_tokens);
  for (std::uint32_t i = 0; i < policy_.routes().size(); ++i) {
    const Match match = Evaluate(policy_.routes()[i].when, condition_input);
    if (match == Match::kYes) return;
    if (match == Match::kUnknown) AddCauses(policy_.routes()[i].when, condition_input, i, causes);
  }
}

void PatternCauses::AddOfClasses(const DecisionInput& input, std::int64_t input_tokens,
                                 std::vector<UndecidedCause>& causes) const {
  const ConditionInput condition_input = ConditionInputOf(input, input_tokens);
  for (std::uint32_t i = 0; i < policy_.custom_classes().size(); ++i) {
    const Match match = Evaluate(policy_.custom_classes()[i], condition_input);
    if (match == Match::kYes) return;
    if (match == Match::kUnknown) {
      AddCauses(policy_.custom_classes()[i], condition_input, i | kClass, causes);
    }
  }
}

std::string PatternCauses::PatternOf(const UndecidedCause& cause) const {
  const Pattern& pattern = policy_.patterns()[cause.what];
  return config::Concat(TextOf(pattern), ": ", pattern.glob);
}

std::string PatternCauses::LocationOf(const UndecidedCause& cause) const {
  if ((cause.where & kClass) == 0) return "route " + policy_.routes()[cause.where].name;
  return "class " + policy_.class_names()[kClassNames.size() + (cause.where & ~kClass)];
}

}  // namespace headgate::routing
