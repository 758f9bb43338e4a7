#include "config/sections/when.h"

#include <algorithm>

#include "config/base/text.h"
#include "config/reader/value_types.h"
#include "config/sections/access/zone.h"

namespace headgate::config {
namespace {

using std::string_view;

// Routes must not match credentials, because values of conditions appear in logs, recordings and
// explanations. A credential is recognized by the end of the name: x-goog-api-key,
// x-amz-security-token, ocp-apim-subscription-key.
bool IsCredentialHeader(string_view name) {
  constexpr std::array<string_view, 13> kEndings = {
      "authorization",    "cookie", "cookie2", "api-key",  "apikey",     "api_key",    "access-key",
      "subscription-key", "token",  "secret",  "password", "credential", "credentials"};
  return std::any_of(kEndings.begin(), kEndings.end(), [&](string_view ending) {
    if (!name.ends_with(ending)) return false;
    return name.size() == ending.size() || !IsLetter(name[name.size() - ending.size() - 1]);
  });
}

constexpr std::array kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

std::optional<std::size_t> DayOf(string_view text) {
  const auto* found = std::find(kDays.begin(), kDays.end(), text);
  if (found == kDays.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kDays.begin());
}

// `mon`, `mon-fri` (`sat-mon` runs over Sunday), `weekdays` or `weekend`.
struct Days {
  static constexpr string_view kExpects = "days: mon, mon-fri, weekdays or weekend";
  static bool Read(const Value& value, std::bitset<7>& out) {
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    string_view days = *text;
    if (days == "weekdays") days = "mon-fri";
    if (days == "weekend") days = "sat-sun";
    const std::size_t dash = days.find('-');
    const auto first = DayOf(days.substr(0, dash));
    const auto last = dash == string_view::npos ? first : DayOf(days.substr(dash + 1));
    if (!first || !last) {
      return value.FailWritten(
          {"is not a day",
           "write mon, tue, wed, thu, fri, sat or sun, mon-fri, weekdays or weekend"});
    }
    for (std::size_t day = *first;; day = (day + 1) % out.size()) {
      out.set(day);
      if (day == *last) return true;
    }
  }
  static Json JsonSchema(Definitions&) {
    const std::string day = Concat("(?:", Join({kDays.begin(), kDays.end()}, "|"), ")");
    return TextSchema(Concat("weekdays|weekend|", day, "(?:-", day, ")?"));
  }
};

struct DaySet {
  static constexpr string_view kExpects = Days::kExpects;
  static bool Read(const Value& value, std::bitset<7>& out) {
    std::vector<std::bitset<7>> days;
    if (!OneOrMore<Days>::Read(value, days)) return false;
    out.reset();
    for (const std::bitset<7>& set : days) out |= set;
    return true;
  }
  static Json JsonSchema(Definitions& definitions) {
    return OneOrMore<Days>::JsonSchema(definitions);
  }
};

constexpr std::array kTimeFields = {
    Optional<TimeWindow, &TimeWindow::days, DaySet>(
        "days", "mon … sun, mon-fri, weekdays, weekend, or a list; every day by default."),
    Optional<TimeWindow, &TimeWindow::from_minute, TimeOfDay>("from", "From this time of day."),
    Optional<TimeWindow, &TimeWindow::to_minute, TimeOfDay>(
        "to", "Until before this time; a time before `from` is on the next day."),
    Optional<TimeWindow, &TimeWindow::zone, Zone>("zone", "IANA name of the zone; UTC by default."),
};

struct Window {
  static constexpr string_view kExpects = "a mapping with days, from, to and zone";
  static bool Read(const Value& value, TimeWindow& window) {
    if (!Mapping<kTimeFields>::Read(value, window)) return false;
    if (window.from_minute == window.to_minute) {
      return value.Fail(
          "begins and ends at the same time",
          "write from: \"00:00\" and to: \"24:00\", or leave both out, for the whole day");
    }
    const auto& entries = value.node().children;
    const bool limits = std::any_of(entries.begin(), entries.end(),
                                    [](const YamlNode& entry) { return entry.key != "zone"; });
    if (limits) return true;
    return value.Fail("has no time", "add days, or from and to");
  }
  static Json JsonSchema(Definitions& definitions) {
    return Mapping<kTimeFields>::JsonSchema(definitions);
  }
};

// A condition inside another one.
struct Inner {
  static constexpr string_view kExpects = WhenSection::kExpects;
  static bool Read(const Value& value, When& when) {
    if (!WhenSection::Read(value, when)) return false;
    if (!value.node().children.empty()) return true;
    return value.Fail("has no condition, so it always holds", "add a condition, or remove it");
  }
  static Json JsonSchema(Definitions& definitions) { return WhenSection::JsonSchema(definitions); }
};

struct Conditions {
  static constexpr string_view kExpects = "a list of conditions";
  static bool Read(const Value& value, std::vector<When>& out) {
    if (!value.IsList()) return value.FailType(kExpects);
    return OneOrMore<Inner>::Read(value, out);
  }
  static Json JsonSchema(Definitions& definitions) {
    return ListSchema(Inner::JsonSchema(definitions), false);
  }
};

// Names of headers and the globs that their values match; credentials are refused.
struct HeaderMatches {
  static constexpr string_view kExpects = "a mapping of header names and values";
  static bool Read(const Value& value, std::vector<TextMatch>& out) {
    if (!value.IsMapping()) return value.FailType(kExpects);
    const std::size_t before = value.context().problems();
    for (const Value& entry : value.Children()) {
      if (!HeaderName::Check(entry, entry.key())) continue;
      TextMatch match{Lower(entry.key()), {}};
      if (IsCredentialHeader(match.name)) {
        entry.Fail("is the name of a credential, which routes may not match",
                   "match another header, such as x-data-class");
      } else if (OneOrMore<Glob>::Read(entry, match.values)) {
        out.push_back(std::move(match));
      }
    }
    return value.context().problems() == before;
  }
  static Json JsonSchema(Definitions& definitions) {
    return MapSchema(HeaderName::kPattern, OneOrMore<Glob>::JsonSchema(definitions));
  }
};

struct MetadataName {
  static constexpr string_view kPattern = R"([\s\S]+)";
  static bool Check(const Value& value, const std::string& name) {
    if (!name.empty()) return true;
    return value.Fail("is an empty name", "write the name of a metadata entry");
  }
};

// Names and the globs that their values match. Keys of the YAML are unique, and case counts.
struct MetadataMatches {
  static constexpr string_view kExpects = "a mapping of metadata names and values";
  static bool Read(const Value& value, std::vector<TextMatch>& out) {
    if (!value.IsMapping()) return value.FailType(kExpects);
    const std::size_t before = value.context().problems();
    for (const Value& entry : value.Children()) {
      TextMatch match{entry.key(), {}};
      if (!MetadataName::Check(entry, entry.key())) continue;
      if (OneOrMore<Glob>::Read(entry, match.values)) out.push_back(std::move(match));
    }
    return value.context().problems() == before;
  }
  static Json JsonSchema(Definitions& definitions) {
    return MapSchema(MetadataName::kPattern, OneOrMore<Glob>::JsonSchema(definitions));
  }
};

constexpr string_view kComma = ", ";
constexpr string_view kOrCustomClass = " or a custom class.";
constexpr string_view kOrModelTopic = " or a topic of the classifier's model.";

constexpr std::array kWhenFields = {
    Optional<When, &When::classes, OneOrMore<Name>>(
        "class", Joined<Alternatives<kClasses, kComma>::kText, kOrCustomClass>::kText),
    Optional<When, &When::topics, OneOrMore<Name>>(
        "topic", Joined<Alternatives<kTopics, kComma>::kText, kOrModelTopic>::kText),
    Optional<When, &When::urgencies, OneOrMore<OneOf<kUrgencies>>>("urgency",
                                                                   "The urgency of the request."),
    Optional<When, &When::models, OneOrMore<Glob>>(
        "model", "The model that the client asks for, after aliases; * and ? are wildcards."),
    Optional<When, &When::endpoints, OneOrMore<OneOf<kEndpoints>>>(
        "endpoint", "The endpoint that the client uses."),
    Optional<When, &When::keys, OneOrMore<Glob>>("key", "Names of keys; * and ? are wildcards."),
    Optional<When, &When::teams, OneOrMore<Glob>>("team", "Teams of keys; * and ? are wildcards."),
    Optional<When, &When::headers, HeaderMatches>(
        "header", "Headers and the values that match; \"*\" is any value."),
    Optional<When, &When::metadata, MetadataMatches>(
        "metadata", "Entries of the body's metadata and the values that match."),
    Optional<When, &When::stream, Flag>("stream", "Whether the answer is to be streamed."),
    Optional<When, &When::tools, Flag>("tools", "Whether the request brings tools."),
    Optional<When, &When::images, Flag>("images", "Whether the request brings images."),
    Optional<When, &When::input_tokens, OneOrMore<InputTokens>>(
        "input_tokens", "The estimated size of the prompt; of a list, all must hold."),
    Optional<When, &When::max_tokens, OneOrMore<InputTokens>>(
        "max_tokens", "The limit that the request sets; does not hold when it sets none."),
    Optional<When, &When::times, OneOrMore<Window>>(
        "time", "Days and hours in a zone; of a list, one must hold."),
    Optional<When, &When::all, Conditions>("all", "Conditions that must all hold."),
    Optional<When, &When::any, Conditions>("any", "Conditions of which at least one must hold."),
    Optional<When, &When::none, OneOrMore<Inner>>("not",
                                                  "A condition, or a list of which none may hold."),
};

}  // namespace

bool WhenSection::Read(const Value& value, When& when) {
  return Mapping<kWhenFields>::Read(value, when);
}

Json WhenSection::JsonSchema(Definitions& definitions) {
  return definitions.Use("when", &Mapping<kWhenFields>::JsonSchema);
}

}  // namespace headgate::config
