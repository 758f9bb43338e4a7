#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/base/parsed.h"

namespace headgate::config {

// Amounts with a unit, in whole multiples of a smallest unit. An amount is a whole number and a
// unit; nothing else is accepted. A complaint says what to write instead, worked out exactly, where
// that can be told. All functions are pure and thread-safe.

struct Unit {
  std::string_view name;
  std::int64_t factor;
  // Of a unit that is not accepted: what a complaint adds to the correct spelling.
  std::string_view note = {};
};

// The spelling of a quantity, and the words for its mistakes.
struct Quantity {
  std::string_view noun;
  std::string_view examples;
  std::span<const Unit> units;   // smallest first
  std::span<const Unit> others;  // what people write by mistake, in lower case
  bool bare_allowed;             // whether a number without a unit is a multiple of 1
  std::int64_t max;
  std::string_view most;  // `max` as it is written
};

Parsed<std::int64_t> ParseQuantity(std::string_view text, const Quantity& quantity);

// The correct spelling of an amount that ParseQuantity refuses: "90m" for "1h30m" or "1.5h", "32k"
// for "32K", "400k" for "0.4M". Empty if it cannot be told, if the amount is not a whole multiple
// of the smallest unit, or if it has more digits than a complaint may repeat.
std::string CorrectedQuantity(std::string_view text, const Quantity& quantity);

}  // namespace headgate::config
