#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/base/parsed.h"

namespace headgate::config {

// What the parsers of numbers share. Pure and thread-safe.

template <typename T>
Parsed<T> Refuse(std::string problem, std::string fix) {
  return {std::nullopt, {std::move(problem), std::move(fix)}};
}

template <typename T>
Parsed<T> Accept(T value) {
  return {value, {}};
}

// Returns whether the text is one digit or more, and nothing else.
bool AllDigits(std::string_view text);

// Returns whether the text begins with a minus sign and a digit.
bool IsNegative(std::string_view text);

// The value of the digits; nullopt if it does not fit.
std::optional<std::int64_t> ToInteger(std::string_view digits);

// Digits that a complaint may repeat: longer numbers may be a secret.
inline constexpr std::size_t kLongestShown = 6;

}  // namespace headgate::config
