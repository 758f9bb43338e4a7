#include "config/sections/routes.h"

#include <algorithm>

#include "config/base/text.h"
#include "config/reader/value_types.h"
#include "config/sections/access/limits.h"
#include "config/sections/require.h"
#include "config/sections/spill.h"
#include "config/sections/supply/backends.h"
#include "config/sections/when.h"

namespace headgate::config {
namespace {

using std::string_view;

// One weight of a blend, spelled like a score.
struct Weight {
  static constexpr string_view kExpects = "a weight, for example 0.6";
  static bool Read(const Value& value, double& out) {
    const auto parse = [](string_view text) -> Parsed<double> {
      Parsed<double> parsed = ParseScore(text);
      if (!parsed.value) {
        parsed.complaint = {"is not a weight", "write a number from 0 to 10000, for example 0.6"};
      }
      return parsed;
    };
    return ReadScalar(value, kExpects, parse, out);
  }
  static Json JsonSchema(Definitions& definitions) { return Score::JsonSchema(definitions); }
};

constexpr std::array kBlendFields = {
    Optional<BlendWeights, &BlendWeights::cost, Weight>("cost", "Weight of the expected cost."),
    Optional<BlendWeights, &BlendWeights::latency, Weight>("latency", "Weight of the latency."),
    Optional<BlendWeights, &BlendWeights::quality, Weight>("quality", "Weight of the quality."),
};

// A word, or the weights of a blend.
struct Preference {
  static constexpr string_view kExpects = Alternatives<kPreferences>::kText;
  static bool Read(const Value& value, Route& route) {
    if (!value.IsMapping()) return OneOf<kPreferences>::Read(value, route.prefer);
    route.prefer = Prefer::kBlend;
    if (!Mapping<kBlendFields>::Read(value, route.blend)) return false;
    if (route.blend.cost + route.blend.latency + route.blend.quality > 0) return true;
    return value.Fail("has only weights of 0",
                      "give one of cost, latency and quality a weight above 0");
  }
  static Json JsonSchema(Definitions& definitions) {
    return AnyOfSchema({EnumSchema(TextsOf<string_view, kPreferences>()),
                        Mapping<kBlendFields>::JsonSchema(definitions)});
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
  static Json JsonSchema(Definitions&) { return TextSchema(kTargetPattern); }
};

constexpr std::array kTargetFields = {
    Required<TargetReference, kItself, TargetName>("target", "model@backend."),
    Optional<TargetReference, &TargetReference::weight, Whole<0, 1'000'000>>(
        "weight", "Its share under `prefer: weighted`; 1 by default."),
};

// An empty list is refused once all routes are read.
struct Targets : ListOf<TargetSection> {
  static Json JsonSchema(Definitions& definitions) {
    return ListSchema(TargetSection::JsonSchema(definitions), false);
  }
};

constexpr std::array kAttemptsFields = {
    Optional<Attempts, &Attempts::same_target, Whole<0, 5>>(
        "same_target",
        "How often a target is asked again after a fault that may pass; 1 by default."),
    Optional<Attempts, &Attempts::targets, Whole<1, 100>>(
        "targets", "How many targets are tried at most; by default all of the plan."),
    Optional<Attempts, &Attempts::backoff, Duration<0>>(
        "backoff",
        "The pause before the same server is asked again, doubled each time and jittered; 100ms by "
        "default."),
};

constexpr std::array kHoldFields = {
    Required<Commit, &Commit::hold, Duration<1>>(
        "hold", "How long an answer is held after its first token."),
};

// `p95`, or a duration.
struct HedgeDelay {
  static constexpr string_view kExpects = "p95, or a duration such as 300ms";
  static constexpr string_view kWord = "p95";
  static bool Read(const Value& value, std::optional<Milliseconds>& out) {
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    if (*text == kWord) {
      out.reset();
      return true;
    }
    Parsed<Milliseconds> parsed = ParseDuration(*text);
    if (!parsed.value) {
      parsed.complaint.fix += ", or p95";
      return value.FailWritten(parsed.complaint);
    }
    Milliseconds delay{0};
    if (!Duration<1>::Read(value, delay)) return false;
    out = delay;
    return true;
  }
  static Json JsonSchema(Definitions& definitions) {
    return AnyOfSchema({EnumSchema({kWord}), Duration<1>::JsonSchema(definitions)});
  }
};

// More than 0 %: a route without hedges has no `hedge`.
struct HedgeShare {
  static constexpr string_view kExpects = "a percentage, for example 5%";
  static bool Read(const Value& value, std::int64_t& out) {
    std::int64_t millionths = 0;
    if (!ReadScalar(value, kExpects, ParsePercentage, millionths)) return false;
    if (millionths == 0) {
      return value.FailWritten({"permits no hedge", "write for example 5%, or remove `hedge`"});
    }
    out = millionths;
    return true;
  }
  static Json JsonSchema(Definitions&) { return TextSchema(kPercentagePattern); }
};

// Of the whole object, because the value of an optional member is read by its inner type.
constexpr std::array kHedgeFields = {
    Field<Hedge>{
        "after", false, HedgeDelay::kExpects,
        "The silence after which a second target is asked: p95 (the default) of the times "
        "to first token, or a duration.",
        [](const Value& value, Hedge& hedge) { return HedgeDelay::Read(value, hedge.after); },
        &HedgeDelay::JsonSchema},
    Optional<Hedge, &Hedge::at_most, HedgeShare>(
        "at_most", "The share of the route's requests that may be hedged; 5% by default."),
};

// A word, or {hold: 2s}.
struct CommitSection {
  static constexpr string_view kExpects = "first_token, complete or {hold: 2s}";
  static bool Read(const Value& value, Commit& commit) {
    if (value.IsScalar()) return ReadWord(value, commit);
    if (!value.IsMapping()) return value.FailType(kExpects);
    commit.at = CommitAt::kHold;
    return Mapping<kHoldFields>::Read(value, commit);
  }
  static bool ReadWord(const Value& value, Commit& commit) {
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    const auto* const word = std::find_if(kCommitWords.begin(), kCommitWords.end(),
                                          [&](const auto& known) { return known.text == *text; });
    if (word == kCommitWords.end()) {
      return value.FailWritten({"is not known here", Concat("use ", kExpects)});
    }
    commit.at = word->meaning;
    return true;
  }
  static Json JsonSchema(Definitions& definitions) {
    return AnyOfSchema({EnumSchema(TextsOf<string_view, kCommitWords>()),
                        Mapping<kHoldFields>::JsonSchema(definitions)});
  }
};

constexpr std::array kRouteFields = {
    Required<Route, &Route::name, Name>("name", "What logs and metrics call the route."),
    Optional<Route, &Route::when, WhenSection>(
        "when", "Every condition must hold; without `when` the route always applies."),
    Optional<Route, &Route::targets, Targets>(
        "targets", "The targets to choose from; by default every target of every backend."),
    Optional<Route, &Route::require, RequireSection>("require",
                                                     "Drops the targets that do not comply."),
    Optional<Route, kItself, Preference>("prefer",
                                         "How targets are ranked: by one word, as listed (ordered) "
                                         "by default, or by weights of cost, latency and quality."),
    Optional<Route, &Route::on_no_target, OneOf<kOutcomes>>(
        "on_no_target",
        "When no target meets `require`: reject (the default), or relax what the route requires."),
    Optional<Route, &Route::unpriced, OneOf<kUnpricedWords>>(
        "unpriced",
        "Paid targets without a price: allow (the default; booked as unpriced), or reject."),
    Optional<Route, &Route::allow_warnings, AllowedWarnings>(
        "allow_warnings",
        "Names of warnings of `headgate check` that are not reported about this route."),
    Optional<Route, &Route::timeouts, Mapping<kTimeoutFields<RouteTimeouts>>>(
        "timeouts", "Limits on an attempt, instead of those of its backend."),
    Optional<Route, Through<&Route::failover, &Failover::attempts>{}, Mapping<kAttemptsFields>>(
        "attempts", "What is tried before the client gets an error."),
    Optional<Route, Through<&Route::failover, &Failover::commit>{}, CommitSection>(
        "commit",
        "When an answer begins to go to the client: at its first token (the default), after it was "
        "held for a time, or complete."),
    Optional<Route, Through<&Route::failover, &Failover::hold_limit>{}, Size<1, 1 << 20>>(
        "hold_limit", "The most bytes of an answer that are held; 8MiB by default."),
    Optional<Route, Through<&Route::failover, &Failover::held_comments>{}, DurationOrNever>(
        "held_comments",
        "How long the client of a held stream hears nothing before it gets a comment, or never; "
        "10s "
        "by default."),
    Optional<Route, Through<&Route::failover, &Failover::resume>{}, Flag>(
        "resume", "true: a broken stream goes on at another target that supports prefill."),
    Optional<Route, Through<&Route::failover, &Failover::hedge>{}, Mapping<kHedgeFields>>(
        "hedge", "A second target is asked while the first is silent."),
    Optional<Route, &Route::spill, SpillSection>(
        "spill",
        "When a request leaves a full self-hosted target for the next one: after a time in its "
        "queue (2s by default), when the predicted wait is over a limit, or never."),
    Optional<Route, &Route::limits, RateLimitsSection>(
        "limits", "What all requests of the route may take together."),
};

constexpr std::array kQualityFields = {
    Optional<QualityScores, &QualityScores::code, Name>("code", "The score that ranks code."),
    Optional<QualityScores, &QualityScores::math, Name>("math",
                                                        "The score that ranks mathematics."),
    Optional<QualityScores, &QualityScores::general, Name>("general",
                                                           "The score that ranks the rest."),
};

}  // namespace

bool TargetSection::Read(const Value& value, TargetReference& target) {
  target.location = value.location();
  if (value.IsMapping()) return Mapping<kTargetFields>::Read(value, target);
  return TargetName::Read(value, target);
}

Json TargetSection::JsonSchema(Definitions& definitions) {
  return AnyOfSchema(
      {TargetName::JsonSchema(definitions), Mapping<kTargetFields>::JsonSchema(definitions)});
}

bool RouteSection::Read(const Value& value, Route& route) {
  return Mapping<kRouteFields>::Read(value, route);
}

Json RouteSection::JsonSchema(Definitions& definitions) {
  return Mapping<kRouteFields>::JsonSchema(definitions);
}

bool QualitySection::Read(const Value& value, QualityScores& quality) {
  return Mapping<kQualityFields>::Read(value, quality);
}

Json QualitySection::JsonSchema(Definitions& definitions) {
  return Mapping<kQualityFields>::JsonSchema(definitions);
}

}  // namespace headgate::config
