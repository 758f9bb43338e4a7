#include "config/kinds.h"
#include "config/sections.h"
#include "config/text.h"

namespace headgate::config {
namespace {

constexpr std::array kHints = {Word<Hint>{"class", Hint::kClass},
                               Word<Hint>{"service_tier", Hint::kServiceTier},
                               Word<Hint>{"slo", Hint::kSlo}, Word<Hint>{"fim", Hint::kFim},
                               Word<Hint>{"header", Hint::kHeader}};

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
  static constexpr std::string_view kExpects = "a list of hints, or all";
  static bool Read(const Value& value, std::vector<Hint>& out) {
    if (!value.IsScalar() || value.node().text != "all") {
      return OneOrMore<OneOf<kHints>>::Read(value, out);
    }
    for (const Word<Hint>& hint : kHints) out.push_back(hint.meaning);
    return true;
  }
  static Json Shape(Definitions& definitions) {
    return EitherShape({WordShape({"all"}), OneOrMore<OneOf<kHints>>::Shape(definitions)});
  }
};

constexpr std::array kKeyFields = {
    Required<Key, &Key::name, Name>("name", "What logs call the key; never the key itself."),
    Required<Key, &Key::digests, OneOrMore<Digest>>(
        "hash", "SHA-256 of the key, as `headgate key new` prints it; two while rotating."),
    Required<Key, &Key::team, Name>("team", "The team that its requests are booked to."),
    Optional<Key, &Key::models, OneOrMore<ModelName>>("models", "The models it may use; else all."),
    Optional<Key, &Key::trust_hints, TrustedHints>(
        "trust_hints", "Hints that may raise its urgency: class, service_tier, slo, fim, header."),
    Optional<Key, &Key::expose, Flag>("expose", "Whether answers carry x-headgate-* headers."),
    Optional<Key, &Key::require, RequireSection>(
        "require", "Holds whatever the route says, and is never relaxed."),
};

}  // namespace

bool KeySection::Read(const Value& value, Key& key) {
  return Mapping<kKeyFields>::Read(value, key);
}

Json KeySection::Shape(Definitions& definitions) { return Mapping<kKeyFields>::Shape(definitions); }

}  // namespace headgate::config
