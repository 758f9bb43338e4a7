#pragma once

#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// How requests share the slots of a self-hosted backend: the keys `slots`, `slot_tokens`,
// `batch`, `queue` and `priority`. Stateless and thread-safe.

// Requests that one replica serves at once: 1 to 100,000.
struct Slots {
  static constexpr std::string_view kExpects = "a whole number";
  static bool Read(const Value& value, int& out);
  static Json JsonSchema(Definitions& definitions);
};

// Tokens that the requests of one replica may take together; at least 1,000. A smaller number is a
// forgotten `k`: no prompt of a usual size would fit beside another.
struct SlotTokens {
  static constexpr std::string_view kExpects = "a number of tokens, for example 400k";
  static bool Read(const Value& value, std::int64_t& out);
  static Json JsonSchema(Definitions& definitions);
};

// {floor: 10%, max_wait: 1h}.
struct BatchSection {
  static constexpr std::string_view kExpects = "a mapping with floor and max_wait";
  static bool Read(const Value& value, BatchShare& batch);
  static Json JsonSchema(Definitions& definitions);
};

// {limit: 500}, of the backend around it.
struct QueueSection {
  static constexpr std::string_view kExpects = "a mapping with limit";
  static bool Read(const Value& value, Backend& backend);
  static Json JsonSchema(Definitions& definitions);
};

// true, false, low_first or high_first. `true` is read as kLowFirst until SettlePriority.
struct PrioritySection {
  static constexpr std::string_view kExpects = "true, false, low_first or high_first";
  static bool Read(const Value& value, EnginePriority& priority);
  static Json JsonSchema(Definitions& definitions);
};

// Gives `priority: true` the order of the backend's engine. Reports an engine whose order is not
// known, and an order that the engine does not have. `value` is the backend. Returns whether all is
// well. REQUIRES: the other keys of the backend have been read.
bool SettlePriority(const Value& value, Backend& backend);

}  // namespace headgate::config
