#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "routing/decide/decision.h"
#include "routing/replay/recorded.h"
#include "simdjson.h"

namespace headgate::gateway {

// Reads the lists of numbers in a request's line, as record_text.cc writes them. The functions
// return false if the value is not such a list, or if a number is out of its range.

// Reads up to N numbers; the rest of `out` stays. Returns nullopt if the list has anything else.
template <typename T, std::size_t N>
std::optional<std::size_t> ReadNumbers(simdjson::ondemand::value from, std::array<T, N>& out) {
  simdjson::ondemand::array elements;
  if (from.get_array().get(elements) != simdjson::SUCCESS) return std::nullopt;
  std::size_t count = 0;
  for (auto element : elements) {
    if (count == N || element.get(out[count++]) != simdjson::SUCCESS) return std::nullopt;
  }
  return count;
}

inline bool InRange(double number, std::size_t below) {
  return number >= 0 && number < static_cast<double>(below);
}

bool ReadCandidate(simdjson::ondemand::value from, routing::Candidate& candidate);

// `targets`, `classes`, `topics`: how many the policy has.
bool ReadCall(simdjson::ondemand::value from, std::size_t targets, routing::RecordedCall& call);
bool ReadClassification(simdjson::ondemand::value from, std::size_t classes, std::size_t topics,
                        routing::Classification& c);

}  // namespace headgate::gateway
