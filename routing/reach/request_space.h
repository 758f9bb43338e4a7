#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "config/config.h"
#include "routing/policy/condition.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// A set of small whole numbers below a size that is known from elsewhere. Pure.
using NumberSet = std::vector<std::uint64_t>;  // bit per number
NumberSet FirstNumbers(std::size_t count);     // all below it
void AddNumber(std::size_t number, NumberSet& set);
void RemoveNumber(std::size_t number, NumberSet& set);
bool HasNumber(std::size_t number, const NumberSet& set);

// What a request has exactly one of, besides traits and numbers: dimensions of RequestBox::sets.
inline constexpr std::uint32_t kKeys = 0;       // positions in CompiledPolicy::keys, then: no key
inline constexpr std::uint32_t kAsked = 1;      // below CompiledPolicy::asked_count
inline constexpr std::uint32_t kMaxTokens = 2;  // whether the request names one: 0 no, 1 yes
inline constexpr std::uint32_t kZones = 3;      // and on: minutes of the week in some zone

// What requests can be under one policy, whatever they say. Immutable.
struct RequestSpace {
  Traits traits = Traits::Any();
  std::vector<NumberSet> every;  // by dimension, all its numbers
  // By text pattern, those that follow from it, itself among them: whoever has a header that
  // matches "a*" has one that matches "*". Sorted.
  std::vector<std::vector<std::uint32_t>> wider;
  // By pattern, the keys that match it; empty for those that look at headers and metadata.
  std::vector<NumberSet> keys;
};

// The space without zones. Pure.
RequestSpace SpaceOf(const config::Config& config, const CompiledPolicy& policy);

}  // namespace headgate::routing
