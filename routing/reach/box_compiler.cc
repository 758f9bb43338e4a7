#include "routing/reach/box_compiler.h"

#include <algorithm>
#include <map>

namespace headgate::routing {
namespace {

using Boxes = BoxCompiler::Boxes;

constexpr std::size_t kHour = 60;  // minutes, like the next two
constexpr std::size_t kDay = 24 * kHour;
constexpr std::size_t kWeek = 7 * kDay;

// Calls `visit` with the pattern of each bit.
template <typename Visit>
void ForEachPattern(const FactTest& test, Visit visit) {
  for (std::uint32_t bit = 0; bit < 64; ++bit) {
    if ((test.mask >> bit & 1) != 0) visit(test.word * 64 + bit);
  }
}

// The common requests of both, without empty boxes. Returns false if there are too many boxes.
bool Multiply(const Boxes& term, Boxes& boxes) {
  Boxes product;
  for (const RequestBox& a : boxes) {
    for (const RequestBox& b : term) {
      if (!Meet(a, b)) continue;
      if (product.size() == BoxCompiler::kMaxBoxes) return false;
      product.push_back(a & b);
    }
  }
  boxes = std::move(product);
  return true;
}

}  // namespace

std::uint32_t BoxCompiler::DimensionOf(const absl::TimeZone& zone) {
  const auto found = std::find(zones_.begin(), zones_.end(), zone);
  const auto dimension = kZones + static_cast<std::uint32_t>(found - zones_.begin());
  if (found == zones_.end()) {
    zones_.push_back(zone);
    space_.every.push_back(FirstNumbers(kWeek));
  }
  return dimension;
}

RequestBox BoxCompiler::Anything() const {
  RequestBox box;
  box.traits = space_.traits;
  return box;
}

std::optional<Boxes> BoxCompiler::Compile(const Condition& condition, bool ignoring_classes) {
  ignoring_classes_ = ignoring_classes;
  return Rewrite(condition, false);
}

std::optional<Boxes> BoxCompiler::Rewrite(const Condition& condition, bool negated) {
  std::vector<Boxes> terms;
  if (!AddTerms(condition, negated, terms)) return std::nullopt;
  Boxes boxes;
  if (negated) {
    for (const Boxes& term : terms) boxes.insert(boxes.end(), term.begin(), term.end());
    if (boxes.size() > kMaxBoxes) return std::nullopt;
    return boxes;
  }
  boxes.push_back(Anything());
  if (!boxes[0].Possible()) boxes.clear();
  for (const Boxes& term : terms) {
    if (!Multiply(term, boxes)) return std::nullopt;
  }
  return boxes;
}

bool BoxCompiler::AddTerms(const Condition& condition, bool negated, std::vector<Boxes>& terms) {
  AddTraits(condition, negated, terms);
  const Interval any = Anything().input_tokens;
  if (!condition.input_tokens.Contains(any)) {
    terms.push_back(Numbers(&RequestBox::input_tokens, condition.input_tokens, negated));
  }
  AddFacts(condition, negated, terms);
  for (const RareTests& tests : condition.rare) AddRare(tests, negated, terms);
  return AddParts(condition, negated, terms);
}

bool BoxCompiler::AddParts(const Condition& condition, bool negated, std::vector<Boxes>& terms) {
  const auto add = [&](const std::vector<Condition>& parts, bool as) {
    return std::all_of(parts.begin(), parts.end(), [&](const Condition& part) {
      std::optional<Boxes> boxes = Rewrite(part, as);
      if (!boxes) return false;
      terms.push_back(*std::move(boxes));
      return true;
    });
  };
  if (!add(condition.all, negated) || !add(condition.none, !negated)) return false;
  if (condition.any.empty()) return true;
  // One part must hold. Negated, no part may hold, so the parts become a list of which all must
  // hold.
  Boxes one;
  if (negated) one.push_back(Anything());
  for (const Condition& part : condition.any) {
    std::optional<Boxes> boxes = Rewrite(part, negated);
    if (!boxes || (negated && !Multiply(*boxes, one))) return false;
    if (!negated) one.insert(one.end(), boxes->begin(), boxes->end());
    if (one.size() > kMaxBoxes) return false;
  }
  terms.push_back(std::move(one));
  return true;
}

void BoxCompiler::AddTraits(const Condition& condition, bool negated,
                            std::vector<Boxes>& terms) const {
  for (const Traits field : Traits::Fields()) {
    const Traits every = space_.traits & field;
    const Traits allowed = condition.traits & every;
    if (allowed == every) continue;
    RequestBox box = Anything();
    if (field != Traits::AllClasses() || !ignoring_classes_) {
      box.traits = box.traits.Without(negated ? allowed : every.Without(allowed));
    }
    terms.push_back({});
    if (box.Possible()) terms.back().push_back(std::move(box));
  }
}

bool BoxCompiler::IsOfKey(const FactTest& test) const {
  bool of_key = false;
  ForEachPattern(test, [&](std::uint32_t i) { of_key |= !space_.keys[i].empty(); });
  return of_key;
}

NumberSet BoxCompiler::KeysOf(const FactTest& test) const {
  NumberSet keys(space_.every[kKeys].size(), 0);
  ForEachPattern(test, [&](std::uint32_t i) {
    for (std::size_t word = 0; word < keys.size(); ++word) keys[word] |= space_.keys[i][word];
  });
  return keys;
}

void BoxCompiler::AddFacts(const Condition& condition, bool negated,
                           std::vector<Boxes>& terms) const {
  for (std::size_t i = 0; i < condition.facts.size(); ++i) {
    // All patterns of a group look at keys, or all look at one header or metadata entry.
    const bool of_key = IsOfKey(condition.facts[i]);
    NumberSet keys(space_.every[kKeys].size(), 0);
    std::vector<std::uint32_t> patterns;
    for (bool last = false; !last; ++i) {
      const FactTest& test = condition.facts[i];
      if (of_key) {
        const NumberSet more = KeysOf(test);
        for (std::size_t word = 0; word < keys.size(); ++word) keys[word] |= more[word];
      } else {
        ForEachPattern(test, [&](std::uint32_t pattern) { patterns.push_back(pattern); });
      }
      last = test.last;
    }
    --i;
    if (of_key) {
      terms.push_back(Among(kKeys, std::move(keys), negated));
      continue;
    }
    Boxes boxes;
    if (negated) boxes.push_back(Anything());
    for (const std::uint32_t pattern : patterns) {
      if (negated) {
        boxes[0].Miss(pattern);
      } else {
        boxes.push_back(Anything());
        boxes.back().Match(pattern, space_);
      }
    }
    terms.push_back(std::move(boxes));
  }
}

void BoxCompiler::AddRare(const RareTests& tests, bool negated, std::vector<Boxes>& terms) {
  if (tests.max_tokens) {
    Boxes boxes = Numbers(&RequestBox::max_tokens, *tests.max_tokens, negated);
    for (RequestBox& box : boxes) box.Restrict(kMaxTokens, {2});
    if (negated) {
      boxes.push_back(Anything());
      boxes.back().Restrict(kMaxTokens, {1});
    }
    terms.push_back(std::move(boxes));
  }
  if (!tests.asked.empty()) terms.push_back(Among(kAsked, tests.asked, negated));
  if (!tests.times.empty()) AddTimes(tests.times, negated, terms);
}

void BoxCompiler::AddTimes(const std::vector<WeekHours>& times, bool negated,
                           std::vector<Boxes>& terms) {
  std::map<std::uint32_t, NumberSet> by_zone;
  for (const WeekHours& hours : times) {
    NumberSet& minutes = by_zone[DimensionOf(hours.zone)];
    minutes.resize(FirstNumbers(kWeek).size(), 0);
    for (std::size_t minute = 0; minute < kWeek; ++minute) {
      if (HoldsAt(hours, {hours.zone, minute / kDay, static_cast<int>(minute % kDay)})) {
        AddNumber(minute, minutes);
      }
    }
  }
  Boxes boxes;
  if (negated) boxes.push_back(Anything());
  for (const auto& [zone, minutes] : by_zone) {
    const Boxes one = Among(zone, minutes, negated);
    if (!negated) {
      boxes.insert(boxes.end(), one.begin(), one.end());
    } else if (!Multiply(one, boxes)) {
      return;  // one box each is never too many
    }
  }
  terms.push_back(std::move(boxes));
}

Boxes BoxCompiler::Among(std::uint32_t dimension, NumberSet values, bool negated) const {
  const NumberSet& every = space_.every[dimension];
  values.resize(every.size(), 0);
  for (std::size_t i = 0; i < every.size(); ++i) {
    values[i] = every[i] & (negated ? ~values[i] : values[i]);
  }
  RequestBox box = Anything();
  if (values != every) box.Restrict(dimension, values);
  if (!box.Possible()) return {};
  return {std::move(box)};
}

Boxes BoxCompiler::Numbers(Interval RequestBox::*member, const Interval& interval,
                           bool negated) const {
  const RequestBox any = Anything();
  RequestBox box = any;
  box.*member = any.*member & interval;
  if (!negated) return box.Possible() ? Boxes{std::move(box)} : Boxes{};
  if (interval.Empty()) return {any};
  RequestBox hole = any;
  hole.*member = interval;
  return routing::Without(any, hole, space_);
}

}  // namespace headgate::routing
