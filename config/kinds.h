#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/address.h"
#include "config/schema.h"
#include "config/text.h"
#include "config/units.h"

namespace headgate::config {

// The kinds of value that more than one section uses (see schema.h for what a kind is). Stateless
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

// A text on one line that is not empty.
struct Text {
  static constexpr std::string_view kExpects = "a text";
  static bool Read(const Value& value, std::string& out);
};

// What metrics and logs call something: letters, digits, `-`, `_` and `.`, at most 64.
struct Name {
  static constexpr std::string_view kExpects = "a name of letters, digits, -, _ and .";
  static bool Read(const Value& value, std::string& out);
  static bool Check(const Value& value, const std::string& name);
};

// A model's name in the catalogue: a Name that may also have `/`, `:` and `+`, up to 128; not
// `auto`.
struct ModelName {
  static constexpr std::string_view kExpects = "a model of the catalogue";
  static bool Read(const Value& value, std::string& out);
  static bool Check(const Value& value, const std::string& name);
};

struct Flag {
  static constexpr std::string_view kExpects = "true or false";
  static bool Read(const Value& value, bool& out);
};

struct Usd {
  static constexpr std::string_view kExpects = "US dollars as a decimal, for example 0.55";
  static bool Read(const Value& value, NanoUsd& out);
};

struct Tokens {
  static constexpr std::string_view kExpects = "a number of tokens, for example 32k";
  static bool Read(const Value& value, std::int64_t& out);
};

struct Score {
  static constexpr std::string_view kExpects = "a score, for example 83.3";
  static bool Read(const Value& value, double& out);
};

struct InputTokens {
  static constexpr std::string_view kExpects = "a comparison, for example \">= 32k\"";
  static bool Read(const Value& value, Comparison& out);
};

template <int min, int max>
struct Whole {
  static constexpr std::string_view kExpects = "a whole number";
  static bool Read(const Value& value, int& out) {
    return ReadScalar(
        value, kExpects, [](std::string_view text) { return ParseInteger(text, min, max); }, out);
  }
};

// A duration of at least `min` milliseconds.
template <int min>
struct Duration {
  static constexpr std::string_view kExpects = "a duration, for example 2s";
  static bool Read(const Value& value, Milliseconds& out) {
    Milliseconds read{0};
    if (!ReadScalar(value, kExpects, ParseDuration, read)) return false;
    if (read < Milliseconds(min)) {
      return value.FailWritten({"is too short", Concat("write at least ", min, "ms")});
    }
    out = read;
    return true;
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
          {"is out of range", Concat("write ", min_kib, "KiB to ", max_kib, "KiB")});
    }
    out = static_cast<std::size_t>(bytes);
    return true;
  }
};

// `ADDRESS:PORT` to listen on.
struct ListenAddress {
  static constexpr std::string_view kExpects = "ADDRESS:PORT, for example 127.0.0.1:8080";
  static bool Read(const Value& value, Endpoint& out);
};

struct HttpUrl {
  static constexpr std::string_view kExpects = "a URL, for example https://api.example.com/v1";
  static bool Read(const Value& value, Url& out);
};

// The path of a file that can be read, relative to the folder of the configuration.
struct ReadableFile {
  static constexpr std::string_view kExpects = "the path of a file";
  static bool Read(const Value& value, std::string& out);
};

// `${NAME}`, `file:PATH` or the secret itself. Never empty, never shown.
struct SecretText {
  static constexpr std::string_view kExpects = "${NAME} or file:PATH";
  static bool Read(const Value& value, Secret& out);
  static bool Read(const Value& value, std::string& out);
};

// A header's name, kept in lower case.
struct HeaderName {
  static constexpr std::string_view kExpects = "a header name";
  static bool Read(const Value& value, std::string& out);
  static bool Check(const Value& value, std::string_view name);
};

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
inline constexpr std::array kEndpoints = {Word<std::string_view>{"chat", "chat"},
                                          Word<std::string_view>{"completions", "completions"},
                                          Word<std::string_view>{"embeddings", "embeddings"}};

// A text in which `*` stands for any characters and `?` for one.
struct Glob {
  static constexpr std::string_view kExpects = "a text; * is any characters, ? is one";
  static bool Read(const Value& value, std::string& out) { return Text::Read(value, out); }
};

// A comparison whose right side `parse` reads.
template <auto parse>
struct Compared {
  static constexpr std::string_view kExpects = "a comparison, for example \"<= 5\"";
  template <typename T>
  static bool Read(const Value& value, T& out) {
    return ReadScalar(value, kExpects, parse, out);
  }
};

// Mappings whose keys are the operator's own: `{region: eu}`.
template <typename KeyKind, typename Kind>
struct MapOf {
  static constexpr std::string_view kExpects = "a mapping";

  template <typename T>
  static bool Read(const Value& value, std::map<std::string, T>& out) {
    if (!value.IsMapping()) return value.FailKind(kExpects);
    const std::size_t before = value.reading().problems();
    out.clear();
    for (const Value& entry : value.Children()) {
      T item{};
      if (KeyKind::Check(entry, entry.key()) && Kind::Read(entry, item)) {
        out.emplace(entry.key(), std::move(item));
      }
    }
    return value.reading().problems() == before;
  }
};

// `{gpu: {…}, openai: {…}}`: objects called by their keys, in the order written. Bad ones are kept,
// so that what refers to them is not reported as well.
template <auto NameMember, typename KeyKind, typename Kind>
struct NamedItems {
  static constexpr std::string_view kExpects = "a mapping";

  template <typename T>
  static bool Read(const Value& value, std::vector<T>& out) {
    if (!value.IsMapping()) return value.FailKind(kExpects);
    const std::size_t before = value.reading().problems();
    for (const Value& entry : value.Children()) {
      T item{};
      item.*NameMember = entry.key();
      KeyKind::Check(entry, entry.key());
      Kind::Read(entry, item);
      out.push_back(std::move(item));
    }
    return value.reading().problems() == before;
  }
  static void Describe(const std::string& path, KeyDescriptions& out) {
    DescribeKind<Kind>(path + ".*", out);
  }
};

}  // namespace headgate::config
