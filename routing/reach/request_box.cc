#include "routing/reach/request_box.h"

#include <algorithm>
#include <iterator>

namespace headgate::routing {
namespace {

using Patterns = std::vector<std::uint32_t>;

bool Has(const Patterns& patterns, std::uint32_t pattern) {
  return std::binary_search(patterns.begin(), patterns.end(), pattern);
}

bool Includes(const Patterns& all, const Patterns& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

bool Touch(const Patterns& a, const Patterns& b) {
  const Patterns& few = a.size() < b.size() ? a : b;
  const Patterns& many = a.size() < b.size() ? b : a;
  return std::any_of(few.begin(), few.end(),
                     [&](std::uint32_t pattern) { return Has(many, pattern); });
}

void Join(Patterns& into, const Patterns& more) {
  Patterns joined;
  std::set_union(into.begin(), into.end(), more.begin(), more.end(), std::back_inserter(joined));
  into = std::move(joined);
}

bool IsEmpty(const NumberSet& set) {
  return std::all_of(set.begin(), set.end(), [](std::uint64_t word) { return word == 0; });
}

bool Touch(const NumberSet& a, const NumberSet& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if ((a[i] & b[i]) != 0) return true;
  }
  return false;
}

NumberSet Minus(NumberSet set, const NumberSet& other) {
  for (std::size_t i = 0; i < set.size(); ++i) set[i] &= ~other[i];
  return set;
}

const NumberSet* Find(const RequestBox& box, std::uint32_t dimension) {
  const auto found = std::find_if(box.sets.begin(), box.sets.end(), [&](const auto& restricted) {
    return restricted.first == dimension;
  });
  return found == box.sets.end() ? nullptr : &found->second;
}

// Whether the pattern does not match, by itself or because a pattern that follows from it does not.
bool IsMissed(const RequestBox& box, std::uint32_t pattern, const RequestSpace& space) {
  if (box.nothing_else) return !Has(box.matched, pattern);
  return Touch(space.wider[pattern], box.missed);
}

// Cuts the part outside `hole` off the interval of `member`.
void CutOff(Interval RequestBox::*member, const Interval& hole, RequestBox& box,
            std::vector<RequestBox>& rest) {
  const Interval was = box.*member;
  if (was.least < hole.least) {
    rest.push_back(box);
    rest.back().*member = {was.least, std::min(was.most, hole.least - 1)};
  }
  if (was.most > hole.most) {
    rest.push_back(box);
    rest.back().*member = {std::max(was.least, hole.most + 1), was.most};
  }
  box.*member = was & hole;
}

}  // namespace

void RequestBox::Match(std::uint32_t pattern, const RequestSpace& space) {
  Join(matched, space.wider[pattern]);
}

void RequestBox::Miss(std::uint32_t pattern) { Join(missed, {pattern}); }

void RequestBox::Restrict(std::uint32_t dimension, const NumberSet& values) {
  const auto at = std::lower_bound(
      sets.begin(), sets.end(), dimension,
      [](const auto& restricted, std::uint32_t wanted) { return restricted.first < wanted; });
  if (at == sets.end() || at->first != dimension) {
    sets.insert(at, {dimension, values});
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) at->second[i] &= values[i];
}

bool RequestBox::Possible() const {
  return traits.Possible() && !input_tokens.Empty() && !max_tokens.Empty() &&
         !Touch(matched, missed) &&
         std::none_of(sets.begin(), sets.end(),
                      [](const auto& restricted) { return IsEmpty(restricted.second); });
}

RequestBox operator&(const RequestBox& a, const RequestBox& b) {
  RequestBox both = a;
  both.traits = a.traits & b.traits;
  both.input_tokens = a.input_tokens & b.input_tokens;
  both.max_tokens = a.max_tokens & b.max_tokens;
  for (const auto& [dimension, values] : b.sets) both.Restrict(dimension, values);
  Join(both.matched, b.matched);
  Join(both.missed, b.missed);
  both.nothing_else = a.nothing_else || b.nothing_else;
  return both;
}

bool Meet(const RequestBox& a, const RequestBox& b) {
  if (!(a.traits & b.traits).Possible() || (a.input_tokens & b.input_tokens).Empty() ||
      (a.max_tokens & b.max_tokens).Empty() || Touch(a.matched, b.missed) ||
      Touch(b.matched, a.missed) || (a.nothing_else && !Includes(a.matched, b.matched)) ||
      (b.nothing_else && !Includes(b.matched, a.matched))) {
    return false;
  }
  return std::all_of(a.sets.begin(), a.sets.end(), [&](const auto& restricted) {
    const NumberSet* other = Find(b, restricted.first);
    return other == nullptr || Touch(restricted.second, *other);
  });
}

std::vector<RequestBox> Without(RequestBox box, const RequestBox& hole, const RequestSpace& space) {
  std::vector<RequestBox> rest;
  for (const Traits field : Traits::Fields()) {
    const Traits beside = (box.traits & field).Without(hole.traits);
    if (beside == Traits::None()) continue;
    rest.push_back(box);
    rest.back().traits = box.traits.Without(field) | beside;
    box.traits = box.traits.Without(beside);
  }
  CutOff(&RequestBox::input_tokens, hole.input_tokens, box, rest);
  CutOff(&RequestBox::max_tokens, hole.max_tokens, box, rest);
  for (const auto& [dimension, values] : hole.sets) {
    const NumberSet* now = Find(box, dimension);
    const NumberSet beside = Minus(now == nullptr ? space.every[dimension] : *now, values);
    rest.push_back(box);
    rest.back().Restrict(dimension, beside);
    box.Restrict(dimension, values);
  }
  for (const std::uint32_t pattern : hole.matched) {
    if (Has(box.matched, pattern)) continue;
    rest.push_back(box);
    rest.back().Miss(pattern);
    box.Match(pattern, space);
  }
  for (const std::uint32_t pattern : hole.missed) {
    if (IsMissed(box, pattern, space)) continue;
    rest.push_back(box);
    rest.back().Match(pattern, space);
    box.Miss(pattern);
  }
  std::erase_if(rest, [](const RequestBox& part) { return !part.Possible(); });
  return rest;
}

}  // namespace headgate::routing
