#include "config/sections/keys.h"

#include "config/base/text.h"
#include "config/reader/timestamp.h"
#include "config/reader/value_types.h"
#include "config/secrets/secret_spelling.h"
#include "config/sections/access/limits.h"
#include "config/sections/require.h"

namespace headgate::config {
namespace {

// The words of `trust_hints`: every hint, and "all" for all of them.
using Trusted = std::optional<Hint>;  // none: all
constexpr auto kTrusted = [] {
  std::array<EnumWord<Trusted>, kHints.size() + 1> words{};
  for (std::size_t i = 0; i < kHints.size(); ++i) words[i] = {kHints[i].text, kHints[i].meaning};
  words.back() = {"all", std::nullopt};
  return words;
}();

constexpr std::size_t kDigestDigits = 64;
constexpr std::string_view kDigestOfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

bool IsDigest(std::string_view digits) {
  return digits.size() == kDigestDigits && std::all_of(digits.begin(), digits.end(), IsHexDigit);
}

Complaint WhyNotDigest(std::string_view text, SecretOrigin origin) {
  constexpr std::string_view kFix =
      "write \"sha256:\" and 64 hexadecimal digits, as `headgate key new` prints";
  if (std::optional<Complaint> reference = ForeignReference(Trim(text), origin)) {
    return *std::move(reference);
  }
  // `sha256sum` prints the name of a file after the digest.
  const std::string_view word = Trim(text).substr(0, Trim(text).find_first_of(" \t"));
  if (IsDigest(word)) {
    return {"has no sha256: in front", "write \"sha256:\" and the 64 digits, without a space"};
  }
  if (Lower(text.substr(0, 6)) == "sha256" && text.size() >= 7 + kDigestDigits &&
      IsDigest(text.substr(text.size() - kDigestDigits))) {
    return {"has a sha256 prefix in another spelling", "write \"sha256:\", then the digits"};
  }
  if (text.starts_with("hg-") || text.starts_with("sk-")) {
    return {"is a key, not the SHA-256 digest of a key",
            "make another key with `headgate key new`, which prints its digest too: this key is no "
            "longer secret"};
  }
  return {"is not a SHA-256 digest", std::string(kFix)};
}

// "sha256:" and 64 hexadecimal digits. A refused text is not shown: it may be the key itself.
struct Digest {
  static constexpr std::string_view kExpects = "\"sha256:…\" with 64 hexadecimal digits";
  static bool Read(const Value& value, Sha256& out) {
    constexpr std::string_view kPrefix = "sha256:";
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    const std::string_view digits =
        text->starts_with(kPrefix) ? std::string_view(*text).substr(kPrefix.size()) : "";
    if (!IsDigest(digits)) {
      const Complaint complaint = WhyNotDigest(*text, OriginOf(value, *text));
      return value.Fail(complaint.problem, complaint.fix);
    }
    if (Lower(digits) == kDigestOfNothing) {
      return value.Fail(
          "is the digest of an empty text",
          "make a key with `headgate key new`, or check the variable that was hashed");
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] =
          static_cast<std::uint8_t>(std::stoi(std::string(digits.substr(2 * i, 2)), nullptr, 16));
    }
    return true;
  }
  static Json JsonSchema(Definitions&) { return TextSchema("sha256:[0-9A-Fa-f]{64}"); }
};

struct TrustedHints {
  using Words = OneOrMore<OneOf<kTrusted>>;
  static constexpr std::string_view kExpects = Words::kExpects;
  static bool Read(const Value& value, std::vector<Hint>& out) {
    std::vector<Trusted> words;
    if (!Words::Read(value, words)) return false;
    if (std::find(words.begin(), words.end(), Trusted()) != words.end()) {
      out.clear();
      for (const auto& hint : kHints) out.push_back(hint.meaning);
      return true;
    }
    for (const Trusted& word : words) out.push_back(*word);
    return true;
  }
  static Json JsonSchema(Definitions& definitions) { return Words::JsonSchema(definitions); }
};

// A model that a key may use.
struct AllowedModel {
  static constexpr std::string_view kExpects = ModelName::kExpects;
  static bool Read(const Value& value, std::string& out) {
    if (value.IsScalar() && value.node().text == "auto") {
      return value.Fail("`auto` need not be listed: every key may send it", "remove it");
    }
    return ModelName::Read(value, out);
  }
  static Json JsonSchema(Definitions& definitions) { return ModelName::JsonSchema(definitions); }
};

// "2026-12-31", or a time with its zone.
struct ExpiryDate {
  static constexpr std::string_view kExpects = "a date, for example 2026-12-31";
  static constexpr std::size_t kDateLength = 10;
  static bool Read(const Value& value, std::int64_t& out) {
    return ReadScalar(value, kExpects, Parse, out);
  }
  static Json JsonSchema(Definitions&) {
    return TextSchema(
        "[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[Zz]|[+-][0-9]{2}:[0-9]{2}))"
        "?");
  }

 private:
  static Parsed<std::int64_t> Parse(std::string_view text) {
    const bool is_date = text.size() == kDateLength;
    Parsed<std::int64_t> parsed =
        ParseTimestamp(is_date ? Concat(text, "T00:00:00Z") : std::string(text));
    if (!parsed.value) {
      parsed.complaint = {"is not a date",
                          "write it as 2026-12-31, or a time as \"2026-12-31T18:00:00+01:00\""};
    }
    return parsed;
  }
};

constexpr std::array kKeyFields = {
    Required<Key, &Key::name, Name>("name", "What logs call the key; never the key itself."),
    Required<Key, &Key::digests, OneOrMore<Digest>>(
        "hash", "SHA-256 of the key, as `headgate key new` prints it; two while rotating."),
    Required<Key, &Key::team, Name>("team", "The team that its requests are booked to."),
    Optional<Key, &Key::models, OneOrMore<AllowedModel>>(
        "models", "The models that it may use; by default all."),
    Optional<Key, &Key::routes, OneOrMore<Name>>(
        "routes", "The routes that may take its requests; by default all."),
    Optional<Key, &Key::classes, OneOrMore<Name>>(
        "classes", "The classes that its requests may have; by default all."),
    Optional<Key, &Key::expires, ExpiryDate>(
        "expires", "The time from which it is refused: a date (its beginning in UTC) or a time."),
    Optional<Key, &Key::limits, RateLimitsSection>("limits", "What its requests may take."),
    Optional<Key, &Key::trust_hints, TrustedHints>(
        "trust_hints",
        "Hints of clients that may raise the urgency of its requests; all for every hint."),
    Optional<Key, &Key::stopped, Flag>("stopped", "true: none of its requests is served."),
    Optional<Key, &Key::expose, Flag>("expose", "Whether answers carry x-headgate-* headers."),
    Optional<Key, &Key::require, RequireSection>("require",
                                                 "Applies on every route, and is never relaxed."),
    Optional<Key, &Key::allow_warnings, AllowedWarnings>(
        "allow_warnings",
        "Names of warnings of `headgate check` that are not reported about this key."),
};

constexpr int kLargestShare = 1000;

// A weight. People also write it as a percentage.
struct TeamShare : Whole<1, kLargestShare> {
  static bool Read(const Value& value, int& out) {
    const auto parse = [](std::string_view text) -> Parsed<std::int64_t> {
      Parsed<std::int64_t> parsed = ParseInteger(text, 1, kLargestShare);
      if (!parsed.value && text.find_first_of(".%") != std::string_view::npos) {
        parsed.complaint = {"is not a whole number",
                            "write a weight: teams with shares of 3 and 1 get 75 % and 25 %"};
      }
      return parsed;
    };
    return ReadScalar(value, kExpects, parse, out);
  }
};

constexpr std::array kTeamFields = {
    Optional<Team, &Team::require, RequireSection>(
        "require", "Applies to every request of the team, and is never relaxed."),
    Optional<Team, &Team::share, TeamShare>(
        "share", "Its weight among the teams that wait for slots in one band; 1 by default."),
    Optional<Team, &Team::limits, RateLimitsSection>(
        "limits", "What the requests of all its keys may take together."),
    Optional<Team, &Team::stopped, Flag>("stopped", "true: no request of the team is served."),
    Optional<Team, &Team::allow_warnings, AllowedWarnings>(
        "allow_warnings",
        "Names of warnings of `headgate check` that are not reported about this team."),
};

}  // namespace

bool KeySection::Read(const Value& value, Key& key) {
  return Mapping<kKeyFields>::Read(value, key);
}

Json KeySection::JsonSchema(Definitions& definitions) {
  return Mapping<kKeyFields>::JsonSchema(definitions);
}

bool TeamSection::Read(const Value& value, Team& team) {
  const std::string& text = value.node().text;
  if (value.IsScalar() && ParseInteger(text, 1, kLargestShare).value) {
    return value.FailWritten(
        {"is not a mapping", Concat("write `", value.key(), ": {share: ", text, "}`")});
  }
  return Mapping<kTeamFields>::Read(value, team);
}

Json TeamSection::JsonSchema(Definitions& definitions) {
  return Mapping<kTeamFields>::JsonSchema(definitions);
}

}  // namespace headgate::config
