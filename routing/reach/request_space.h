#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "config/config.h"
#include "routing/policy/condition.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// A set of whole numbers below a limit that the caller knows.
using NumberSet = std::vector<std::uint64_t>;  // a bit for each number
NumberSet FirstNumbers(std::size_t count);     // all numbers below `count`
void AddNumber(std::size_t number, NumberSet& set);
void RemoveNumber(std::size_t number, NumberSet& set);
bool HasNumber(std::size_t number, const NumberSet& set);

// Dimensions of RequestBox::sets: facts of which a request has exactly one value, besides traits
// and numbers.
inline constexpr std::uint32_t kKeys = 0;       // positions in CompiledPolicy::keys, then: no key
inline constexpr std::uint32_t kAsked = 1;      // below CompiledPolicy::asked_count
inline constexpr std::uint32_t kMaxTokens = 2;  // whether the request has max_tokens: 0 no, 1 yes
inline constexpr std::uint32_t kZones = 3;      // and up: minutes of the week in one zone each

// All values that a policy can tell apart in requests. Immutable.
struct RequestSpace {
  Traits traits = Traits::Any();
  std::vector<NumberSet> every;  // by dimension, all its numbers
  // By pattern of a header or metadata entry: the patterns that follow from it, itself included. A
  // header that matches "a*" also matches "*". Sorted.
  std::vector<std::vector<std::uint32_t>> wider;
  // By pattern, the keys that match it; empty for patterns of headers and metadata.
  std::vector<NumberSet> keys;
};

// The space without zones. Pure.
RequestSpace SpaceOf(const config::Config& config, const CompiledPolicy& policy);

}  // namespace headgate::routing
