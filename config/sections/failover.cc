#include "config/sections/failover.h"

#include "config/base/text.h"
#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

using std::string_view;

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

}  // namespace

bool AttemptsSection::Read(const Value& value, Attempts& attempts) {
  return Mapping<kAttemptsFields>::Read(value, attempts);
}

Json AttemptsSection::JsonSchema(Definitions& definitions) {
  return Mapping<kAttemptsFields>::JsonSchema(definitions);
}

bool CommitSection::Read(const Value& value, Commit& commit) {
  if (value.IsScalar()) return OneOf<kCommitWords>::Read(value, commit.at);
  if (!value.IsMapping()) return value.FailType(kExpects);
  commit.at = CommitAt::kHold;
  return Mapping<kHoldFields>::Read(value, commit);
}

Json CommitSection::JsonSchema(Definitions& definitions) {
  return AnyOfSchema({EnumSchema(TextsOf<string_view, kCommitWords>()),
                      Mapping<kHoldFields>::JsonSchema(definitions)});
}

bool HedgeSection::Read(const Value& value, Hedge& hedge) {
  return Mapping<kHedgeFields>::Read(value, hedge);
}

Json HedgeSection::JsonSchema(Definitions& definitions) {
  return Mapping<kHedgeFields>::JsonSchema(definitions);
}

}  // namespace headgate::config
