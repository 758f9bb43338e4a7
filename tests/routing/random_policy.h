#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// A request as its client sends it, and the state of the targets at that moment.
struct PlainRequest {
  DecisionInput input;  // the fields that are not texts; facts are not set
  std::optional<std::size_t> key;
  std::vector<std::pair<std::string, std::string>> headers;   // names may repeat
  std::vector<std::pair<std::string, std::string>> metadata;  // each name once
};

// Draws policies that use the whole language, and requests that often match them.
class RandomPolicy {
 public:
  explicit RandomPolicy(std::uint64_t seed) : random_(seed) {}

  config::Config Policy();
  PlainRequest Request(const CompiledPolicy& policy);

  int Below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }
  bool OneIn(int n) { return Below(n) == 0; }

 private:
  template <typename T>
  T OneOf(std::initializer_list<T> values) {
    return values.begin()[Below(static_cast<int>(values.size()))];
  }
  std::vector<std::string> Some(std::initializer_list<const char*> values);
  config::Comparisons Compared(int end);
  config::Model Model(int number);
  config::Backend Backend(int number, int models);
  config::When When(int depth, bool with_classes);
  void AddTest(bool with_classes, config::When& when);
  // `kind`: 0 to 8.
  void AddTestOfTexts(int kind, bool with_classes, config::When& when);
  // `kind`: 9 to 14.
  void AddTestOfValue(int kind, config::When& when);
  config::TimeWindow Window();
  config::Require Require();
  config::Route Route(const config::Config& config, int number);
  void SetState(Candidate& candidate);
  void AddTexts(std::vector<std::pair<std::string, std::string>>& texts);

  std::mt19937_64 random_;
};

}  // namespace headgate::routing
