#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "config/reader/address.h"
#include "config/reader/fields.h"
#include "config/reader/one_of.h"
#include "config/reader/units.h"
#include "config/secrets/secret_spelling.h"

namespace headgate::config {

// Value types that more than one section uses (fields.h defines what a value type is). Stateless
// and thread-safe.

template <typename T, typename Parse>
bool ReadScalar(const Value& value, std::string_view expects, Parse parse, T& out) {
  const std::optional<std::string> text = value.Scalar(expects);
  if (!text) return false;
  auto parsed = parse(*text);
  if (!parsed.value) return value.FailWritten(parsed.complaint);
  out = static_cast<T>(std::move(*parsed.value));
  return true;
}

// What the parsers of units.h accept, as regular expressions for editors. They describe the
// spelling. Of ranges they know 0 and percentages; the others are left to the parsers.
inline constexpr std::string_view kDurationPattern = R"([0-9]+[ \t]*(?:ms|s|m|h)[ \t]*)";
inline constexpr std::string_view kPositiveDurationPattern =
    R"((?!0+[ \t]*[a-z])[0-9]+[ \t]*(?:ms|s|m|h)[ \t]*)";
inline constexpr std::string_view kSizePattern = R"([0-9]+[ \t]*(?:[KMG]iB)?[ \t]*)";
inline constexpr std::string_view kTokensPattern = R"([0-9]+[ \t]*[kM]?[ \t]*)";
inline constexpr std::string_view kUsdPattern = R"(\$?[0-9]+(?:\.[0-9]+)?)";
inline constexpr std::string_view kScorePattern = R"([0-9]+\.?[0-9]*|\.[0-9]+)";
inline constexpr std::string_view kPercentagePattern =
    R"(0*(?:100(?:\.0{1,4})?|[0-9]{1,2}(?:\.[0-9]{1,4})?)[ \t]*%)";
// What ParsePercentageUpTo(`most`) accepts. REQUIRES: `most` is 10, 20 … 90.
std::string PercentagePatternUpTo(int most);
inline constexpr std::string_view kComparatorPattern = R"((?:>=|<=|==|[<>=])[ \t]*)";

// A text on one line, not empty.
struct Text {
  static constexpr std::string_view kExpects = "a text";
  static bool Read(const Value& value, std::string& out);
  static Json JsonSchema(Definitions& definitions);
};

// A name for metrics and logs: letters, digits, `-`, `_` and `.`, at most 64.
struct Name {
  static constexpr std::string_view kExpects = "a name of letters, digits, -, _ and .";
  static constexpr std::string_view kPattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";
  static bool Read(const Value& value, std::string& out);
  static bool Check(const Value& value, const std::string& name);
  static Json JsonSchema(Definitions& definitions);
};

// The name of a model in the catalogue: a Name that may also have `/`, `:` and `+`, at most 128,
// other than `auto`.
struct ModelName {
  static constexpr std::string_view kExpects = "a model of the catalogue";
  static constexpr std::string_view kPattern = "(?!auto$)[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}";
  static bool Read(const Value& value, std::string& out);
  static bool Check(const Value& value, const std::string& name);
  static Json JsonSchema(Definitions& definitions);
};

struct Flag {
  static constexpr std::string_view kExpects = "true or false";
  static bool Read(const Value& value, bool& out);
  static Json JsonSchema(Definitions& definitions);
};

struct Usd {
  static constexpr std::string_view kExpects = "US dollars as a decimal, for example 0.55";
  static bool Read(const Value& value, NanoUsd& out);
  static Json JsonSchema(Definitions& definitions);
};

struct Tokens {
  static constexpr std::string_view kExpects = "a number of tokens, for example 32k";
  static bool Read(const Value& value, std::int64_t& out);
  static Json JsonSchema(Definitions& definitions);
};

struct Score {
  static constexpr std::string_view kExpects = "a score, for example 83.3";
  static bool Read(const Value& value, double& out);
  static Json JsonSchema(Definitions& definitions);
};

// "09:00" … "24:00", in minutes.
struct TimeOfDay {
  static constexpr std::string_view kExpects = "a time of day, for example \"09:00\"";
  static bool Read(const Value& value, int& out);
  static Json JsonSchema(Definitions& definitions);
};

struct InputTokens {
  static constexpr std::string_view kExpects = "a comparison, for example \">= 32k\"";
  static bool Read(const Value& value, Comparison& out);
  static Json JsonSchema(Definitions& definitions);
};

template <int min, int max>
struct Whole {
  static constexpr std::string_view kExpects = "a whole number";
  static bool Read(const Value& value, int& out) {
    return ReadScalar(
        value, kExpects, [](std::string_view text) { return ParseInteger(text, min, max); }, out);
  }
  static Json JsonSchema(Definitions&) { return NumberSchema("integer", {min, max}, "[0-9]+"); }
};

// A duration of at least `min` milliseconds, and at most what `parse` takes.
template <int min, auto parse = ParseDuration>
struct Duration {
  static constexpr std::string_view kExpects = "a duration, for example 2s";
  static bool Read(const Value& value, Milliseconds& out) {
    Milliseconds read{0};
    if (!ReadScalar(value, kExpects, parse, read)) return false;
    if (read < Milliseconds(min)) {
      return value.FailWritten({"is too short", Concat("write at least ", min, "ms")});
    }
    out = read;
    return true;
  }
  static Json JsonSchema(Definitions& definitions) {
    if constexpr (min == 0) {
      return definitions.Use("duration", [](Definitions&) { return TextSchema(kDurationPattern); });
    } else {
      return definitions.Use("positive_duration",
                             [](Definitions&) { return TextSchema(kPositiveDurationPattern); });
    }
  }
};

// "64KiB", "1GiB": in the largest unit that needs no fraction.
std::string SizeText(std::int64_t kib);

// A duration, 0s included, or `never`.
struct DurationOrNever {
  static constexpr std::string_view kExpects = "a duration, for example 5s, or never";
  static constexpr std::string_view kWord = "never";
  static bool Read(const Value& value, Milliseconds& out) {
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    Parsed<Milliseconds> parsed;
    if (*text == kWord) {
      parsed.value = kNever;
    } else {
      parsed = ParseDuration(*text);
    }
    if (!parsed.value) {
      parsed.complaint.fix += ", or never";
      return value.FailWritten(parsed.complaint);
    }
    out = *parsed.value;
    return true;
  }
  static Json JsonSchema(Definitions& definitions) {
    return AnyOfSchema({Duration<0>::JsonSchema(definitions), EnumSchema({kWord})});
  }
};

// A size in [min_kib, max_kib] KiB, kept in bytes.
template <std::int64_t min_kib, std::int64_t max_kib>
struct Size {
  static constexpr std::string_view kExpects = "a size, for example 32MiB";
  static bool Read(const Value& value, std::size_t& out) {
    std::int64_t bytes = 0;
    if (!ReadScalar(value, kExpects, ParseSize, bytes)) return false;
    if (bytes < min_kib * 1024 || bytes > max_kib * 1024) {
      return value.FailWritten(
          {"is out of range", Concat("write ", SizeText(min_kib), " to ", SizeText(max_kib))});
    }
    out = static_cast<std::size_t>(bytes);
    return true;
  }
  static Json JsonSchema(Definitions&) {
    return NumberSchema("integer", {min_kib * 1024, max_kib * 1024}, kSizePattern);
  }
};

// `ADDRESS:PORT` to listen on.
struct HostAndPort {
  static constexpr std::string_view kExpects = "ADDRESS:PORT, for example 127.0.0.1:8080";
  static bool Read(const Value& value, ListenAddress& out);
  static Json JsonSchema(Definitions& definitions);
};

struct HttpUrl {
  static constexpr std::string_view kExpects = "a URL, for example https://api.example.com/v1";
  static bool Read(const Value& value, Url& out);
  static Json JsonSchema(Definitions& definitions);
};

// The path of a file that can be read, relative to the folder of the configuration.
struct ReadableFile {
  static constexpr std::string_view kExpects = "the path of a file";
  static bool Read(const Value& value, std::string& out);
  static Json JsonSchema(Definitions& definitions);
};

// Where the secret `text`, which the scalar `value` was resolved to, is kept.
SecretOrigin OriginOf(const Value& value, std::string_view text);

// Stands for a secret that is missing, where that is tolerated.
inline constexpr std::string_view kNotSet = "not-set";

// Reads `${NAME}`, `file:PATH` or the secret itself. Never returns an empty secret, never shows
// one.
bool ReadSecret(const Value& value, SecretUse use, std::string& out);

// An HTTP proxy (ParseProxy), written or as `${NAME}` or `file:PATH`. Never shows its password.
struct Proxy {
  static constexpr std::string_view kExpects = "the address of a proxy, such as http://proxy:3128";
  static bool Read(const Value& value, EgressProxy& out);
  static Json JsonSchema(Definitions& definitions);
};

// A value that is a secret, see ReadSecret.
template <SecretUse use>
struct SecretFor {
  static constexpr std::string_view kExpects = "${NAME} or file:PATH";
  static bool Read(const Value& value, Secret& out) {
    std::string text;
    if (!ReadSecret(value, use, text)) return false;
    out = Secret(std::move(text));
    return true;
  }
  static Json JsonSchema(Definitions& definitions) {
    return definitions.Use("secret", [](Definitions&) { return AnyTextSchema(); });
  }
};
using ApiKey = SecretFor<SecretUse::kApiKey>;
using Token = SecretFor<SecretUse::kToken>;

// The name of a header, kept in lower case.
struct HeaderName {
  static constexpr std::string_view kExpects = "a header name";
  static constexpr std::string_view kPattern = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  static bool Read(const Value& value, std::string& out);
  static bool Check(const Value& value, std::string_view name);
  static Json JsonSchema(Definitions& definitions);
};

// A text in which `*` stands for any characters and `?` for one.
struct Glob {
  static constexpr std::string_view kExpects = "a text; * is any characters, ? is one";
  static bool Read(const Value& value, std::string& out) { return Text::Read(value, out); }
  static Json JsonSchema(Definitions& definitions) { return Text::JsonSchema(definitions); }
};

// A comparison that `parse` reads; its right side matches `pattern`.
template <auto parse, const std::string_view& pattern>
struct Compared {
  static constexpr std::string_view kExpects = "a comparison, for example \"<= 5\"";
  template <typename T>
  static bool Read(const Value& value, T& out) {
    return ReadScalar(value, kExpects, parse, out);
  }
  static Json JsonSchema(Definitions&) {
    return TextSchema(Concat(kComparatorPattern, "(?:", pattern, ")[ \\t]*"));
  }
};

// A mapping with arbitrary keys: `{region: eu}`.
template <typename KeyType, typename ValueType>
struct MapOf {
  static constexpr std::string_view kExpects = "a mapping";

  template <typename T>
  static bool Read(const Value& value, std::map<std::string, T>& out) {
    if (!value.IsMapping()) return value.FailType(kExpects);
    const std::size_t before = value.context().problems();
    out.clear();
    for (const Value& entry : value.Children()) {
      T item{};
      if (KeyType::Check(entry, entry.key()) && ValueType::Read(entry, item)) {
        out.emplace(entry.key(), std::move(item));
      }
    }
    return value.context().problems() == before;
  }
  static Json JsonSchema(Definitions& definitions) {
    return MapSchema(KeyType::kPattern, ValueType::JsonSchema(definitions));
  }
};

// `{gpu: {…}, openai: {…}}`: objects named by their keys, in the order written. Invalid ones are
// kept, so that references to them are not reported as well.
template <auto NameMember, typename KeyType, typename ValueType>
struct NamedItems {
  static constexpr std::string_view kExpects = "a mapping";

  template <typename T>
  static bool Read(const Value& value, std::vector<T>& out) {
    if (!value.IsMapping()) return value.FailType(kExpects);
    const std::size_t before = value.context().problems();
    for (const Value& entry : value.Children()) {
      T item{};
      item.*NameMember = entry.key();
      KeyType::Check(entry, entry.key());
      ValueType::Read(entry, item);
      out.push_back(std::move(item));
    }
    return value.context().problems() == before;
  }
  static Json JsonSchema(Definitions& definitions) {
    return MapSchema(KeyType::kPattern, ValueType::JsonSchema(definitions));
  }
};

// What ParseTarget accepts, as a regular expression.
inline constexpr std::string_view kTargetPattern = "[^@]+@[^@]+";

// Splits "model@backend". Pure and thread-safe.
Parsed<TargetReference> ParseTarget(std::string_view text);

}  // namespace headgate::config
