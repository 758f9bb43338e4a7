#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace headgate::config {

// The words that the YAML, logs and metrics have for the values of an enumeration. Each table
// stands beside its enumeration and is the only list of its words: parsers, the JSON Schema and
// messages are made from it. Stateless and thread-safe.

// A word and what it stands for. Words that are their own meaning are an array of std::string_view.
template <typename T>
struct EnumWord {
  std::string_view text;
  T meaning;
};

constexpr std::string_view TextOf(std::string_view word) { return word; }
template <typename T>
constexpr std::string_view TextOf(const EnumWord<T>& word) {
  return word.text;
}

constexpr std::string_view MeaningOf(std::string_view word) { return word; }
template <typename T>
constexpr T MeaningOf(const EnumWord<T>& word) {
  return word.meaning;
}

// The word for `meaning`; empty when the table has none.
template <typename T, std::size_t size>
constexpr std::string_view WordFor(const std::array<EnumWord<T>, size>& words, T meaning) {
  const auto* const found = std::find_if(
      words.begin(), words.end(), [&](const EnumWord<T>& word) { return word.meaning == meaning; });
  return found == words.end() ? std::string_view() : found->text;
}

}  // namespace headgate::config
