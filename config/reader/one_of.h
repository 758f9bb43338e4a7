#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/enum_words.h"
#include "config/reader/fields.h"
#include "config/warning_kind.h"

namespace headgate::config {

// Value types that are one of a few words. `words` is always a table of base/enum_words.h: an array
// of EnumWord or of std::string_view. Stateless and thread-safe.

// Texts put together by the compiler, for constants such as kExpects.
template <const std::string_view&... pieces>
struct Joined {
  static constexpr std::array<char, (pieces.size() + ...)> kChars = [] {
    std::array<char, (pieces.size() + ...)> chars{};
    auto end = chars.begin();
    ((end = std::copy(pieces.begin(), pieces.end(), end)), ...);
    return chars;
  }();
  static constexpr std::string_view kText{kChars.data(), kChars.size()};
};

inline constexpr std::string_view kOr = " or ";

// "a or b or c", put together by the compiler.
template <const auto& words, const std::string_view& separator = kOr>
struct Alternatives {
  static constexpr std::size_t kSize = [] {
    std::size_t size = separator.size() * (words.size() - 1);
    for (const auto& word : words) size += TextOf(word).size();
    return size;
  }();
  static constexpr std::array<char, kSize> kChars = [] {
    std::array<char, kSize> chars{};
    auto end = chars.begin();
    for (const auto& word : words) {
      const std::string_view text = TextOf(word);
      if (end != chars.begin()) end = std::copy(separator.begin(), separator.end(), end);
      end = std::copy(text.begin(), text.end(), end);
    }
    return chars;
  }();
  static constexpr std::string_view kText{kChars.data(), kSize};
};

// The texts of a table, as std::string or std::string_view.
template <typename Text, const auto& words>
std::vector<Text> TextsOf() {
  std::vector<Text> texts;
  texts.reserve(words.size());
  for (const auto& word : words) texts.emplace_back(TextOf(word));
  return texts;
}

template <const auto& words>
struct OneOf {
  static constexpr std::string_view kExpects = Alternatives<words>::kText;

  template <typename T>
  static bool Read(const Value& value, T& out) {
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    for (const auto& word : words) {
      if (TextOf(word) != *text) continue;
      out = T(MeaningOf(word));
      return true;
    }
    return value.FailWritten(
        {"is not known here", DidYouMean(*text, TextsOf<std::string, words>())});
  }
  static Json JsonSchema(Definitions&) { return EnumSchema(TextsOf<std::string_view, words>()); }
};

// Warnings that `headgate check` is not to report: one name, or a list, which may be empty.
struct AllowedWarnings {
  using Name = OneOf<kWarningNames>;
  static constexpr std::string_view kExpects = "names of warnings, for example [residency_region]";
  static bool Read(const Value& value, std::vector<WarningKind>& out) {
    if (value.IsList()) return ListOf<Name>::Read(value, out);
    if (!value.IsScalar()) return value.FailType(kExpects);
    return OneOrMore<Name>::Read(value, out);
  }
  static Json JsonSchema(Definitions& definitions) {
    return definitions.Use("warnings", [](Definitions& inner) {
      return AnyOfSchema({Name::JsonSchema(inner), ListSchema(Name::JsonSchema(inner))});
    });
  }
};

}  // namespace headgate::config
