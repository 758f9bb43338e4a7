#include "config/kinds.h"
#include "config/sections.h"
#include "config/text.h"

namespace headgate::config {
namespace {

constexpr std::array kEveryHint = {Hint::kClass, Hint::kServiceTier, Hint::kSlo, Hint::kFim,
                                   Hint::kHeader};

using Trusted = std::optional<Hint>;  // none: all of them
constexpr std::array kTrusted = {
    Word<Trusted>{"class", Hint::kClass},   Word<Trusted>{"service_tier", Hint::kServiceTier},
    Word<Trusted>{"slo", Hint::kSlo},       Word<Trusted>{"fim", Hint::kFim},
    Word<Trusted>{"header", Hint::kHeader}, Word<Trusted>{"all", std::nullopt}};

// "sha256:" and 64 hexadecimal digits. What is refused is not shown: it may be the key itself.
struct Digest {
  static constexpr std::string_view kExpects = "\"sha256:…\" with 64 hexadecimal digits";
  static bool Read(const Value& value, Sha256& out) {
    constexpr std::string_view kPrefix = "sha256:";
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    const std::string_view digits =
        text->starts_with(kPrefix) ? std::string_view(*text).substr(kPrefix.size()) : "";
    if (digits.size() != 2 * out.size() || !std::all_of(digits.begin(), digits.end(), IsHexDigit)) {
      return value.Fail(
          "is not a SHA-256 digest",
          "write \"sha256:\" and 64 hexadecimal digits, as `headgate key new` prints");
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] =
          static_cast<std::uint8_t>(std::stoi(std::string(digits.substr(2 * i, 2)), nullptr, 16));
    }
    return true;
  }
  static Json Shape(Definitions&) { return TextShape("sha256:[0-9A-Fa-f]{64}"); }
};

struct TrustedHints {
  using Words = OneOrMore<OneOf<kTrusted>>;
  static constexpr std::string_view kExpects = Words::kExpects;
  static bool Read(const Value& value, std::vector<Hint>& out) {
    std::vector<Trusted> words;
    if (!Words::Read(value, words)) return false;
    if (std::find(words.begin(), words.end(), Trusted()) != words.end()) {
      out.assign(kEveryHint.begin(), kEveryHint.end());
      return true;
    }
    for (const Trusted& word : words) out.push_back(*word);
    return true;
  }
  static Json Shape(Definitions& definitions) { return Words::Shape(definitions); }
};

constexpr std::array kKeyFields = {
    Required<Key, &Key::name, Name>("name", "What logs call the key; never the key itself."),
    Required<Key, &Key::digests, OneOrMore<Digest>>(
        "hash", "SHA-256 of the key, as `headgate key new` prints it; two while rotating."),
    Required<Key, &Key::team, Name>("team", "The team that its requests are booked to."),
    Optional<Key, &Key::models, OneOrMore<ModelName>>("models", "The models it may use; else all."),
    Optional<Key, &Key::trust_hints, TrustedHints>(
        "trust_hints",
        "Hints that may raise its urgency: class, service_tier, slo, fim, header; or all."),
    Optional<Key, &Key::expose, Flag>("expose", "Whether answers carry x-headgate-* headers."),
    Optional<Key, &Key::require, RequireSection>(
        "require", "Holds whatever the route says, and is never relaxed."),
    Optional<Key, &Key::allow_warnings, AllowedWarnings>(
        "allow_warnings",
        "Names of warnings of `headgate check` that are not reported about this key."),
};

}  // namespace

bool KeySection::Read(const Value& value, Key& key) {
  return Mapping<kKeyFields>::Read(value, key);
}

Json KeySection::Shape(Definitions& definitions) { return Mapping<kKeyFields>::Shape(definitions); }

}  // namespace headgate::config
