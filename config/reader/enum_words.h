#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader/fields.h"
#include "config/warning_kind.h"

namespace headgate::config {

// Kinds of value that are one of a few words, and the words that more than one section uses.
// Stateless and thread-safe.

// A word of a fixed list and what it stands for.
template <typename T>
struct Word {
  std::string_view text;
  T meaning;
};

// "a or b or c", put together by the compiler.
template <const auto& words>
struct Alternatives {
  static constexpr std::string_view kOr = " or ";
  static constexpr std::size_t kSize = [] {
    std::size_t size = kOr.size() * (words.size() - 1);
    for (const auto& word : words) size += word.text.size();
    return size;
  }();
  static constexpr std::array<char, kSize> kChars = [] {
    std::array<char, kSize> chars{};
    auto at = chars.begin();
    for (const auto& word : words) {
      if (at != chars.begin()) at = std::copy(kOr.begin(), kOr.end(), at);
      at = std::copy(word.text.begin(), word.text.end(), at);
    }
    return chars;
  }();
  static constexpr std::string_view kText{kChars.data(), kSize};
};

template <const auto& words>
std::vector<std::string_view> Texts() {
  std::vector<std::string_view> texts;
  for (const auto& word : words) texts.push_back(word.text);
  return texts;
}

// One of the words of `words`, an array of Word<T>.
template <const auto& words>
struct OneOf {
  static constexpr std::string_view kExpects = Alternatives<words>::kText;

  template <typename T>
  static bool Read(const Value& value, T& out) {
    std::vector<std::string> known;
    for (const auto& word : words) known.emplace_back(word.text);
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    for (const auto& word : words) {
      if (word.text != *text) continue;
      out = T(word.meaning);
      return true;
    }
    return value.FailWritten({"is not known here", DidYouMean(*text, known)});
  }
  static Json JsonSchema(Definitions&) { return EnumSchema(Texts<words>()); }
};

inline constexpr std::array kHostings = {Word<Hosting>{"self_hosted", Hosting::kSelfHosted},
                                         Word<Hosting>{"paid_api", Hosting::kPaidApi}};

// What a model can be asked for beside text.
inline constexpr std::array kAbilities = {
    Word<std::string_view>{"tools", "tools"},
    Word<std::string_view>{"json_schema", "json_schema"},
    Word<std::string_view>{"images", "images"},
    Word<std::string_view>{"audio", "audio"},
    Word<std::string_view>{"reasoning", "reasoning"},
    Word<std::string_view>{"embeddings", "embeddings"},
};

inline constexpr std::array kClasses = {
    Word<std::string_view>{"batch", "batch"},
    Word<std::string_view>{"latency_critical", "latency_critical"},
    Word<std::string_view>{"code", "code"}, Word<std::string_view>{"general", "general"}};
inline constexpr std::array kTopics = {Word<std::string_view>{"code", "code"},
                                       Word<std::string_view>{"math", "math"},
                                       Word<std::string_view>{"general", "general"}};
inline constexpr std::array kUrgencies = {
    Word<std::string_view>{"latency_critical", "latency_critical"},
    Word<std::string_view>{"normal", "normal"}, Word<std::string_view>{"batch", "batch"}};
inline constexpr std::array kWarningNames = {
    Word<WarningKind>{"route_unreachable", WarningKind::kRouteUnreachable},
    Word<WarningKind>{"requests_unrouted", WarningKind::kRequestsUnrouted},
    Word<WarningKind>{"require_unmet", WarningKind::kRequireUnmet},
    Word<WarningKind>{"require_conflict", WarningKind::kRequireConflict},
    Word<WarningKind>{"residency_bypass", WarningKind::kResidencyBypass},
    Word<WarningKind>{"residency_region", WarningKind::kResidencyRegion},
    Word<WarningKind>{"score_missing", WarningKind::kScoreMissing},
    Word<WarningKind>{"target_unused", WarningKind::kTargetUnused},
    Word<WarningKind>{"price_missing", WarningKind::kPriceMissing},
    Word<WarningKind>{"limit_backward", WarningKind::kLimitBackward},
    Word<WarningKind>{"first_token_slow", WarningKind::kFirstTokenSlow},
    Word<WarningKind>{"test_key_missing", WarningKind::kTestKeyMissing},
    Word<WarningKind>{"certificate_expiry", WarningKind::kCertificateExpiry},
    Word<WarningKind>{"allow_useless", WarningKind::kAllowUseless}};
inline constexpr std::array kEndpoints = {Word<std::string_view>{"chat", "chat"},
                                          Word<std::string_view>{"completions", "completions"},
                                          Word<std::string_view>{"embeddings", "embeddings"}};

// Names of what `headgate check` is not to warn of: one, or a list, which may be empty.
struct AllowedWarnings {
  using One = OneOf<kWarningNames>;
  static constexpr std::string_view kExpects = "names of warnings, for example [residency_region]";
  static bool Read(const Value& value, std::vector<WarningKind>& out) {
    if (value.IsList()) return ListOf<One>::Read(value, out);
    if (!value.IsScalar()) return value.FailType(kExpects);
    return OneOrMore<One>::Read(value, out);
  }
  static Json JsonSchema(Definitions& definitions) {
    return definitions.Use("warnings", [](Definitions& inner) {
      return AnyOfSchema({One::JsonSchema(inner), ListSchema(One::JsonSchema(inner))});
    });
  }
};

}  // namespace headgate::config
