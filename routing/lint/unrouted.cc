#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "routing/reach/reach.h"

// Of Reach, what finds the requests that no route matches.

namespace headgate::routing {
namespace {

using Boxes = Reach::Boxes;

// One search for all routes, so it may take longer than those for one route each: some 50 ms.
constexpr std::int64_t kStepsOfRest = 200'000;
// Keys and models that the report tries to add to what it found, one by one.
constexpr std::size_t kNumbersToAdd = 256;
constexpr std::size_t kNoRoute = static_cast<std::size_t>(-1);

// Each value of the enumerations and flags by itself.
std::vector<Traits> SingleTraits() {
  std::vector<Traits> singles;
  const auto add = [&](Traits one) { singles.push_back(one); };
  for (std::size_t i = 0; i < kMaxClasses; ++i) add(Traits::None().Add(static_cast<Class>(i)));
  constexpr int kMaxTopics = 16;
  for (int i = 0; i < kMaxTopics; ++i) add(Traits::None().Add(static_cast<Topic>(i)));
  for (const Urgency urgency : {Urgency::kNormal, Urgency::kLatencyCritical, Urgency::kBatch}) {
    add(Traits::None().Add(urgency));
  }
  for (int i = 0; i < kEndpointCount; ++i) add(Traits::None().Add(static_cast<Endpoint>(i)));
  for (const bool value : {false, true}) {
    add(Traits::None().AddStream(value));
    add(Traits::None().AddTools(value));
    add(Traits::None().AddImages(value));
  }
  return singles;
}

// Minutes of the week in two zones are no independent facts, so a box that restricts both may be
// empty.
bool HangsOnTwoZones(const RequestBox& box) {
  return std::count_if(box.sets.begin(), box.sets.end(),
                       [](const auto& restricted) { return restricted.first >= kZones; }) > 1;
}

}  // namespace

Boxes Reach::NotAllowed(const CompiledPolicy& policy) const {
  std::map<std::vector<std::string>, NumberSet> keys_of;
  for (std::size_t key = 0; key < policy.keys().size(); ++key) {
    const std::vector<std::string>& models = policy.keys()[key].models;
    if (models.empty()) continue;
    NumberSet& keys = keys_of[models];
    keys.resize(space().every[kKeys].size(), 0);
    AddNumber(key, keys);
  }
  Boxes boxes;
  for (const auto& [models, keys] : keys_of) {
    NumberSet others = space().every[kAsked];
    const auto allow = [&](std::size_t asked) {
      if (asked < policy.asked_count()) RemoveNumber(asked, others);
    };
    allow(policy.Resolve("auto").asked);
    for (const std::string& model : models) allow(policy.Resolve(model).asked);
    for (const Target& target : policy.targets()) {
      const bool may = std::find(models.begin(), models.end(), target.model) != models.end();
      if (may) allow(policy.Resolve(target.name).asked);
    }
    RequestBox box = Anything();
    box.Restrict(kKeys, keys);
    box.Restrict(kAsked, others);
    if (box.Possible()) boxes.push_back(std::move(box));
  }
  return boxes;
}

std::optional<Boxes> Reach::ByClass() const {
  Boxes boxes;
  const auto add = [&](Class value, Traits field, Traits only) {
    RequestBox box = Anything();
    box.traits = box.traits.Without(Traits::AllClasses()) | Traits::None().Add(value);
    box.traits = box.traits.Without(field) | (box.traits & field & only);
    if (box.Possible()) boxes.push_back(std::move(box));
  };
  // What is said explicitly decides class, urgency and topic alike (classifier.h).
  const Traits code = Traits::None().Add(Topic::kCode);
  add(Class::kBatch, Traits::AllUrgencies(), Traits::None().Add(Urgency::kBatch));
  add(Class::kLatencyCritical, Traits::AllUrgencies(),
      Traits::None().Add(Urgency::kLatencyCritical));
  add(Class::kCode, Traits::AllTopics(), code);
  add(Class::kGeneral, Traits::AllTopics(), Traits::AllTopics().Without(code));
  for (std::size_t i = 0; i < custom_classes_.size(); ++i) {
    if (!custom_classes_[i]) return std::nullopt;
    for (RequestBox box : *custom_classes_[i]) {
      box.traits = box.traits.Without(Traits::AllClasses()) |
                   Traits::None().Add(static_cast<Class>(kClassNames.size() + i));
      boxes.push_back(std::move(box));
    }
  }
  return boxes;
}

std::optional<RequestBox> Reach::LeftOf(const RequestBox& start, const Pieces& pieces) {
  // The request without headers and metadata first: it is the plainest one.
  RequestBox bare = start;
  bare.nothing_else = true;
  for (const RequestBox& whole : {bare, start}) {
    Pieces near;
    for (const Piece* piece : pieces) {
      if (Meet(*piece->box, whole)) near.push_back(piece);
    }
    steps_ = kStepsOfRest;
    left_.reset();
    std::vector<std::size_t> ignored;
    if (!IsTaken(whole, std::move(near), ignored)) return std::exchange(left_, std::nullopt);
  }
  return std::nullopt;
}

std::optional<RequestBox> Reach::Unrouted(const NumberSet* requesters) {
  const auto is_known = [](const auto& boxes) { return boxes.has_value(); };
  const std::optional<Boxes> kinds = ByClass();
  if (!kinds || !std::all_of(routes_.begin(), routes_.end(), is_known)) return std::nullopt;
  // What a custom class takes is of no class behind it.
  std::vector<Piece> taken_before;
  for (const RequestBox& box : not_allowed_) taken_before.push_back(PieceOf(kNoRoute, box));
  std::vector<std::size_t> before_class;  // by custom class, then all of them
  for (const std::optional<Boxes>& of_class : custom_classes_) {
    before_class.push_back(taken_before.size());
    for (const RequestBox& box : *of_class) taken_before.push_back(PieceOf(kNoRoute, box));
  }
  before_class.push_back(taken_before.size());
  for (RequestBox kind : *kinds) {
    if (requesters != nullptr) kind.Restrict(kKeys, *requesters);
    if (!kind.Possible()) continue;
    std::size_t classes_before = 0;
    while (classes_before < custom_classes_.size() &&
           !kind.traits.Holds(
               Traits::None().Add(static_cast<Class>(kClassNames.size() + classes_before)))) {
      ++classes_before;
    }
    Pieces pieces;
    for (std::size_t i = 0; i < before_class[classes_before]; ++i)
      pieces.push_back(&taken_before[i]);
    for (const Piece& piece : pieces_) pieces.push_back(&piece);
    const std::optional<RequestBox> left = LeftOf(kind, pieces);
    if (!left || HangsOnTwoZones(*left)) continue;
    RequestBox widened = Widened(*left);
    if (requesters != nullptr) widened.Restrict(kKeys, *requesters);
    return widened;
  }
  return std::nullopt;
}

// Takes the wider box if no route can get a request of it either.
bool Reach::WidenTo(RequestBox wider, RequestBox& box) const {
  const bool free = std::none_of(pieces_.begin(), pieces_.end(),
                                 [&](const Piece& piece) { return Meet(*piece.box, wider); });
  if (free) box = std::move(wider);
  return free;
}

// Drops what the box says and need not, so that the report says what matters alone.
RequestBox Reach::Widened(RequestBox box) const {
  WidenTraits(box);
  for (Interval RequestBox::*const numbers : {&RequestBox::input_tokens, &RequestBox::max_tokens}) {
    RequestBox wider = box;
    wider.*numbers = Anything().*numbers;
    WidenTo(std::move(wider), box);
  }
  WidenSets(box);
  WidenTexts(box);
  return box;
}

void Reach::WidenTraits(RequestBox& box) const {
  static const std::vector<Traits> kSingles = SingleTraits();
  for (const Traits single : kSingles) {
    if (!space().traits.Holds(single) || box.traits.Holds(single)) continue;
    RequestBox wider = box;
    wider.traits = wider.traits | single;
    WidenTo(std::move(wider), box);
  }
}

void Reach::WidenSets(RequestBox& box) const {
  const auto sets = box.sets;
  for (const auto& [dimension, values] : sets) {
    RequestBox wider = box;
    std::erase_if(wider.sets, [at = dimension](const auto& set) { return set.first == at; });
    if (WidenTo(std::move(wider), box) || dimension >= kZones) continue;
    const NumberSet& every = space().every[dimension];
    for (std::size_t n = 0; n < std::min(every.size() * 64, kNumbersToAdd); ++n) {
      if (!HasNumber(n, every)) continue;
      RequestBox with = box;
      for (auto& [at, numbers] : with.sets) {
        if (at == dimension) AddNumber(n, numbers);
      }
      WidenTo(std::move(with), box);
    }
  }
}

void Reach::WidenTexts(RequestBox& box) const {
  RequestBox wider = box;
  wider.nothing_else = false;
  if (!WidenTo(wider, box) && box.nothing_else) {
    // Says which texts must be missing: those without which no route gets it.
    for (const Piece& piece : pieces_) {
      if (!Meet(*piece.box, wider)) continue;
      for (const std::uint32_t pattern : piece.box->matched) {
        const bool is_there = std::binary_search(box.matched.begin(), box.matched.end(), pattern);
        if (!is_there) wider.Miss(pattern);
      }
    }
    WidenTo(wider, box);
  }
  for (std::vector<std::uint32_t> RequestBox::*const texts :
       {&RequestBox::missed, &RequestBox::matched}) {
    for (const std::uint32_t pattern : std::vector<std::uint32_t>(box.*texts)) {
      RequestBox without = box;
      std::erase(without.*texts, pattern);
      WidenTo(std::move(without), box);
    }
  }
}

}  // namespace headgate::routing
