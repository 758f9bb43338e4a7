#include <algorithm>

#include "config/kinds.h"
#include "config/sections.h"
#include "config/text.h"

namespace headgate::config {
namespace {

using std::string_view;

constexpr std::array kClasses = {
    Word<string_view>{"batch", "batch"}, Word<string_view>{"latency_critical", "latency_critical"},
    Word<string_view>{"code", "code"}, Word<string_view>{"general", "general"}};
constexpr std::array kTopics = {Word<string_view>{"code", "code"},
                                Word<string_view>{"math", "math"},
                                Word<string_view>{"general", "general"}};
constexpr std::array kUrgencies = {Word<string_view>{"latency_critical", "latency_critical"},
                                   Word<string_view>{"normal", "normal"},
                                   Word<string_view>{"batch", "batch"}};
constexpr std::array kEndpoints = {Word<string_view>{"chat", "chat"},
                                   Word<string_view>{"completions", "completions"},
                                   Word<string_view>{"embeddings", "embeddings"}};
constexpr std::array kPreferences = {Word<Prefer>{"ordered", Prefer::kOrdered},
                                     Word<Prefer>{"lowest_cost", Prefer::kLowestCost},
                                     Word<Prefer>{"lowest_latency", Prefer::kLowestLatency},
                                     Word<Prefer>{"weighted", Prefer::kWeighted}};

// What a route may never look at: it would end up in logs, records and explanations.
bool IsCredentialHeader(string_view name) {
  constexpr std::array kCredentials = {"authorization", "proxy-authorization", "cookie",
                                       "set-cookie",    "x-api-key",           "api-key"};
  return std::find(kCredentials.begin(), kCredentials.end(), name) != kCredentials.end();
}

struct HeaderMatches {
  static constexpr string_view kExpects = "a mapping of header names and values";
  static bool Read(const Value& value, std::vector<HeaderMatch>& out) {
    if (!value.IsMapping()) return value.FailKind(kExpects);
    const std::size_t before = value.reading().problems();
    for (const Value& entry : value.Children()) {
      if (!HeaderName::Check(entry, entry.key())) continue;
      HeaderMatch match{Lower(entry.key()), {}};
      if (IsCredentialHeader(match.name)) {
        entry.Fail("is a credential, which routes may not look at",
                   "match on another header, such as x-data-class");
        continue;
      }
      if (!OneOrMore<Text>::Read(entry, match.values)) continue;
      if (std::find(match.values.begin(), match.values.end(), "*") != match.values.end()) {
        match.values.clear();
      }
      out.push_back(std::move(match));
    }
    return value.reading().problems() == before;
  }
};

// "128k" or ">= 128k": a window has at least so many tokens.
struct MinimumContext {
  static constexpr string_view kExpects = "a number of tokens, for example 128k";
  static bool Read(const Value& value, std::int64_t& out) {
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    const Parsed<Comparison> comparison = ParseComparison(*text);
    const bool plain = !text->empty() && IsDigit(text->front());
    if (!comparison.value || (!plain && comparison.value->op != Comparator::kGreaterEqual)) {
      return value.FailWritten({"is not a least context", "write 128k or \">= 128k\""});
    }
    out = comparison.value->value;
    return true;
  }
};

// `model@backend` alone.
struct TargetName {
  static constexpr string_view kExpects = "model@backend";
  static bool Read(const Value& value, TargetReference& out) {
    TargetReference read;
    if (!ReadScalar(value, kExpects, ParseTarget, read)) return false;
    out.model = std::move(read.model);
    out.backend = std::move(read.backend);
    return true;
  }
};

// A model's name as a client sends it: `auto` and model@backend among them.
struct AskedModel {
  static constexpr string_view kExpects = "a model, auto or model@backend";
  static bool Read(const Value& value, std::string& out) { return Text::Read(value, out); }
};

constexpr Itself kItself;
constexpr std::array kTargetFields = {
    Required<TargetReference, kItself, TargetName>("target", "model@backend."),
    Optional<TargetReference, &TargetReference::weight, Whole<0, 1'000'000>>(
        "weight", "Its share under `prefer: weighted`; 1 unless said."),
};

constexpr std::array kWhenFields = {
    Optional<When, &When::classes, OneOrMore<OneOf<kClasses>>>(
        "class", "batch, latency_critical, code or general."),
    Optional<When, &When::topics, OneOrMore<OneOf<kTopics>>>("topic", "code, math or general."),
    Optional<When, &When::urgencies, OneOrMore<OneOf<kUrgencies>>>(
        "urgency", "latency_critical, normal or batch."),
    Optional<When, &When::models, OneOrMore<AskedModel>>(
        "model", "The model that the client asks for, after aliases."),
    Optional<When, &When::endpoints, OneOrMore<OneOf<kEndpoints>>>(
        "endpoint", "chat, completions or embeddings."),
    Optional<When, &When::headers, HeaderMatches>(
        "header", "Headers and the values looked for; \"*\" is any value."),
    Optional<When, &When::stream, Flag>("stream", "Whether the answer is to be streamed."),
    Optional<When, &When::input_tokens, OneOrMore<InputTokens>>(
        "input_tokens", "The estimated size of the prompt; of a list, all must hold."),
};

constexpr std::array kRequireFields = {
    Optional<Require, &Require::hosting, OneOf<kHostings>>("hosting", "self_hosted or paid_api."),
    Optional<Require, &Require::min_context, MinimumContext>(
        "context", "The model's window has at least so many tokens."),
};

constexpr std::array kRouteFields = {
    Required<Route, &Route::name, Name>("name", "What logs and metrics call the route."),
    Optional<Route, &Route::when, Mapping<kWhenFields>>(
        "when", "All that is said must hold; without it the route always applies."),
    Optional<Route, &Route::targets, ListOf<TargetSection>>(
        "targets", "What it chooses between; without it every target of every backend."),
    Optional<Route, &Route::require, Mapping<kRequireFields>>(
        "require", "Drops the targets that do not comply."),
    Optional<Route, &Route::prefer, OneOf<kPreferences>>(
        "prefer", "ordered (the default), lowest_cost, lowest_latency or weighted."),
};

}  // namespace

Parsed<TargetReference> ParseTarget(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == string_view::npos || at + 1 == text.size() ||
      text.find('@', at + 1) != string_view::npos) {
    return {std::nullopt,
            {"is not a target", "write model@backend, for example gpt-4.1-mini@openai"}};
  }
  TargetReference target;
  target.model = std::string(text.substr(0, at));
  target.backend = std::string(text.substr(at + 1));
  return {std::move(target), {}};
}

bool TargetSection::Read(const Value& value, TargetReference& target) {
  target.place = value.place();
  if (value.IsMapping()) return Mapping<kTargetFields>::Read(value, target);
  return TargetName::Read(value, target);
}

void TargetSection::Describe(const std::string& path, KeyDescriptions& out) {
  Mapping<kTargetFields>::Describe(path, out);
}

bool RouteSection::Read(const Value& value, Route& route) {
  return Mapping<kRouteFields>::Read(value, route);
}

void RouteSection::Describe(const std::string& path, KeyDescriptions& out) {
  Mapping<kRouteFields>::Describe(path, out);
}

}  // namespace headgate::config
