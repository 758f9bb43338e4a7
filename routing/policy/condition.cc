#include "routing/policy/condition.h"

#include <algorithm>
#include <cstddef>

namespace headgate::routing {
namespace {

// Kleene's three-valued logic: kNo < kUnknown < kYes, so "and" is the minimum and "or" the maximum.
Match Not(Match match) {
  if (match == Match::kUnknown) return match;
  return match == Match::kYes ? Match::kNo : Match::kYes;
}

// Of each group, one pattern must match.
Match FactsHold(const std::vector<FactTest>& tests, const Facts& facts) {
  Match result = Match::kYes;
  Match group = Match::kNo;
  for (const FactTest& test : tests) {
    if (facts.HasOneOf(test.word, test.mask)) {
      group = Match::kYes;
    } else if (group == Match::kNo && facts.IsUnknownOneOf(test.word, test.mask)) {
      group = Match::kUnknown;
    }
    if (!test.last) continue;
    if (group == Match::kNo) return Match::kNo;
    result = std::min(result, group);
    group = Match::kNo;
  }
  return result;
}

bool AsksFor(const std::vector<std::uint64_t>& asked, std::size_t id) {
  return asked.empty() || (id / 64 < asked.size() && (asked[id / 64] >> (id % 64) & 1) != 0);
}

LocalMinute LocalMinuteOf(const absl::TimeZone& zone, std::int64_t unix_seconds) {
  const absl::CivilMinute now = absl::ToCivilMinute(absl::FromUnixSeconds(unix_seconds), zone);
  return {zone, static_cast<std::size_t>(absl::GetWeekday(now)), now.hour() * 60 + now.minute()};
}

bool RareTestsHold(const RareTests& tests, const ConditionInput& input) {
  if (tests.max_tokens && !(input.max_tokens && tests.max_tokens->Holds(*input.max_tokens))) {
    return false;
  }
  if (!AsksFor(tests.asked, input.asked)) return false;
  if (tests.times.empty()) return true;
  return std::any_of(tests.times.begin(), tests.times.end(), [&](const WeekHours& hours) {
    if (!input.local || input.local->zone != hours.zone) {
      input.local = LocalMinuteOf(hours.zone, input.unix_seconds);
    }
    return HoldsAt(hours, *input.local);
  });
}

}  // namespace

void Condition::AddFacts(const std::vector<std::size_t>& patterns) {
  const std::size_t first = facts.size();
  for (const std::size_t pattern : patterns) {
    const auto word = static_cast<std::uint32_t>(pattern / 64);
    const auto same = std::find_if(facts.begin() + static_cast<std::ptrdiff_t>(first), facts.end(),
                                   [&](const FactTest& test) { return test.word == word; });
    FactTest& test = same == facts.end() ? facts.emplace_back(FactTest{0, word, false}) : *same;
    test.mask |= std::uint64_t{1} << (pattern % 64);
  }
  if (patterns.empty()) {
    input_tokens = {1, 0};  // empty: no request matches
  } else {
    facts.back().last = true;
  }
}

Gate GateOf(const Condition& condition) {
  Gate gate;
  gate.traits = condition.traits;
  const auto narrow = [&gate](const Gate& other) {
    gate.traits = gate.traits & other.traits;
    if (gate.mask == 0) gate.mask = other.mask, gate.word = other.word;
  };
  if (!condition.facts.empty() && condition.facts[0].last) {
    narrow({Traits::Any(), condition.facts[0].mask, condition.facts[0].word});
  }
  for (const Condition& part : condition.all) narrow(GateOf(part));
  if (condition.any.empty()) return gate;
  // One part is enough, so the gate must open if it would open for any part.
  Gate wide = GateOf(condition.any[0]);
  for (const Condition& part : condition.any) {
    const Gate other = GateOf(part);
    wide.traits = wide.traits | other.traits;
    const bool joins = wide.mask != 0 && other.mask != 0 && wide.word == other.word;
    wide.mask = joins ? wide.mask | other.mask : 0;
  }
  narrow(wide);
  return gate;
}

bool HoldsAt(const WeekHours& hours, const LocalMinute& now) {
  const auto yesterday = (now.weekday + 6) % 7;
  if (hours.from_minute < hours.to_minute) {
    return hours.days[now.weekday] && now.minute >= hours.from_minute &&
           now.minute < hours.to_minute;
  }
  // The window runs over midnight: the evening of a listed day, or the morning after it. From 24:00
  // to 24:00 it is all of the next day.
  return (hours.days[now.weekday] && now.minute >= hours.from_minute) ||
         (hours.days[yesterday] && now.minute < hours.to_minute);
}

bool Holds(const WeekHours& hours, std::int64_t unix_seconds) {
  return HoldsAt(hours, LocalMinuteOf(hours.zone, unix_seconds));
}

Match Evaluate(const Condition& condition, const ConditionInput& input) {
  if (!condition.traits.Holds(input.traits) || !condition.input_tokens.Holds(input.input_tokens)) {
    return Match::kNo;
  }
  Match result = FactsHold(condition.facts, *input.facts);
  if (result == Match::kNo) return result;
  const auto both = [&result](Match match) {
    result = std::min(result, match);
    return result != Match::kNo;
  };
  for (const Condition& part : condition.all) {
    if (!both(Evaluate(part, input))) return Match::kNo;
  }
  for (const Condition& part : condition.none) {
    if (!both(Not(Evaluate(part, input)))) return Match::kNo;
  }
  if (!condition.any.empty()) {
    Match best = Match::kNo;
    for (const Condition& part : condition.any) {
      best = std::max(best, Evaluate(part, input));
      if (best == Match::kYes) break;
    }
    if (!both(best)) return Match::kNo;
  }
  for (const RareTests& tests : condition.rare) {
    if (!RareTestsHold(tests, input)) return Match::kNo;
  }
  return result;
}

}  // namespace headgate::routing
