#include "routing/reach/unrouted.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace headgate::routing {
namespace {

using Boxes = BoxCompiler::Boxes;

// This is one search for all routes, so it may take longer than the search for one route: some 50
// ms.
constexpr std::int64_t kStepsOfRest = 200'000;
// Keys and models that the search tries to add to the box that it found, one by one.
constexpr std::size_t kNumbersToAdd = 256;
constexpr std::size_t kNoRoute = static_cast<std::size_t>(-1);

// Each value of the enumerations and flags on its own.
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

// Minutes of the week in two zones depend on each other, so a box that restricts both may be empty.
bool DependsOnTwoZones(const RequestBox& box) {
  return std::count_if(box.sets.begin(), box.sets.end(),
                       [](const auto& restricted) { return restricted.first >= kZones; }) > 1;
}

class UnroutedSearch {
 public:
  UnroutedSearch(const Reach& reach, const NumberSet* requesters)
      : reach_(reach), requesters_(requesters), search_(reach.space()) {}

  std::optional<RequestBox> Run();

 private:
  Boxes NotAllowed() const;
  std::optional<RequestBox> LeftOf(const RequestBox& start, const CoverSearch::Pieces& pieces);
  RequestBox Widened(RequestBox box) const;
  void WidenTraits(RequestBox& box) const;
  void WidenSets(RequestBox& box) const;
  void WidenTexts(RequestBox& box) const;
  bool WidenTo(RequestBox wider, RequestBox& box) const;

  const Reach& reach_;
  const NumberSet* requesters_;
  CoverSearch search_;
};

// The requests for models that their keys may not use: they are refused before routing.
Boxes UnroutedSearch::NotAllowed() const {
  const CompiledPolicy& policy = reach_.policy();
  std::map<std::vector<std::string>, NumberSet> keys_of;
  for (std::size_t key = 0; key < policy.keys().size(); ++key) {
    const std::vector<std::string>& models = policy.keys()[key].models;
    if (models.empty()) continue;
    NumberSet& keys = keys_of[models];
    keys.resize(reach_.space().every[kKeys].size(), 0);
    AddNumber(key, keys);
  }
  Boxes boxes;
  for (const auto& [models, keys] : keys_of) {
    NumberSet others = reach_.space().every[kAsked];
    const auto allow = [&](std::size_t asked) {
      if (asked < policy.asked_count()) RemoveNumber(asked, others);
    };
    allow(policy.Resolve("auto").asked);
    for (const std::string& model : models) allow(policy.Resolve(model).asked);
    for (const Target& target : policy.targets()) {
      const bool may = std::find(models.begin(), models.end(), target.model) != models.end();
      if (may) allow(policy.Resolve(target.name).asked);
    }
    RequestBox box = reach_.Anything();
    box.Restrict(kKeys, keys);
    box.Restrict(kAsked, others);
    if (box.Possible()) boxes.push_back(std::move(box));
  }
  return boxes;
}

std::optional<RequestBox> UnroutedSearch::LeftOf(const RequestBox& start,
                                                 const CoverSearch::Pieces& pieces) {
  // Requests without headers and metadata come first: they make the simplest example.
  RequestBox bare = start;
  bare.nothing_else = true;
  for (const RequestBox& whole : {bare, start}) {
    CoverSearch::Pieces near;
    for (const CoverSearch::Piece* piece : pieces) {
      if (Meet(*piece->box, whole)) near.push_back(piece);
    }
    std::vector<std::size_t> ignored;
    if (!search_.IsCovered(whole, std::move(near), kStepsOfRest, ignored)) {
      return search_.TakeUncovered();
    }
  }
  return std::nullopt;
}

std::optional<RequestBox> UnroutedSearch::Run() {
  const std::optional<Boxes> kinds = reach_.ByClass();
  if (!kinds) return std::nullopt;
  for (std::size_t i = 0; i < reach_.policy().routes().size(); ++i) {
    if (!reach_.BoxesOf(i)) return std::nullopt;
  }
  // A request of an custom class has no class that comes after it.
  const Boxes not_allowed = NotAllowed();
  std::vector<CoverSearch::Piece> taken_before;
  for (const RequestBox& box : not_allowed)
    taken_before.push_back(CoverSearch::PieceOf(kNoRoute, box));
  std::vector<std::size_t> before_class;  // by custom class, then all of them
  for (const std::optional<Boxes>& own : reach_.custom_classes()) {
    before_class.push_back(taken_before.size());
    for (const RequestBox& box : *own) taken_before.push_back(CoverSearch::PieceOf(kNoRoute, box));
  }
  before_class.push_back(taken_before.size());
  for (RequestBox kind : *kinds) {
    if (requesters_ != nullptr) kind.Restrict(kKeys, *requesters_);
    if (!kind.Possible()) continue;
    std::size_t own = 0;
    while (own < reach_.custom_classes().size() &&
           !kind.traits.Holds(Traits::None().Add(static_cast<Class>(kClassNames.size() + own)))) {
      ++own;
    }
    CoverSearch::Pieces pieces;
    for (std::size_t i = 0; i < before_class[own]; ++i) pieces.push_back(&taken_before[i]);
    for (const CoverSearch::Piece& piece : reach_.pieces()) pieces.push_back(&piece);
    const std::optional<RequestBox> left = LeftOf(kind, pieces);
    if (!left || DependsOnTwoZones(*left)) continue;
    RequestBox widened = Widened(*left);
    if (requesters_ != nullptr) widened.Restrict(kKeys, *requesters_);
    return widened;
  }
  return std::nullopt;
}

// Sets `box` to `wider` if no route can get a request of that either.
bool UnroutedSearch::WidenTo(RequestBox wider, RequestBox& box) const {
  const bool free =
      std::none_of(reach_.pieces().begin(), reach_.pieces().end(),
                   [&](const CoverSearch::Piece& piece) { return Meet(*piece.box, wider); });
  if (free) box = std::move(wider);
  return free;
}

// Drops restrictions that the box does not need, so that the warning says only what matters.
RequestBox UnroutedSearch::Widened(RequestBox box) const {
  WidenTraits(box);
  for (Interval RequestBox::*const numbers : {&RequestBox::input_tokens, &RequestBox::max_tokens}) {
    RequestBox wider = box;
    wider.*numbers = reach_.Anything().*numbers;
    WidenTo(std::move(wider), box);
  }
  WidenSets(box);
  WidenTexts(box);
  return box;
}

void UnroutedSearch::WidenTraits(RequestBox& box) const {
  static const std::vector<Traits> kSingles = SingleTraits();
  for (const Traits single : kSingles) {
    if (!reach_.space().traits.Holds(single) || box.traits.Holds(single)) continue;
    RequestBox wider = box;
    wider.traits = wider.traits | single;
    WidenTo(std::move(wider), box);
  }
}

void UnroutedSearch::WidenSets(RequestBox& box) const {
  const auto sets = box.sets;
  for (const auto& [dimension, values] : sets) {
    RequestBox wider = box;
    std::erase_if(wider.sets, [at = dimension](const auto& set) { return set.first == at; });
    if (WidenTo(std::move(wider), box) || dimension >= kZones) continue;
    const NumberSet& every = reach_.space().every[dimension];
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

void UnroutedSearch::WidenTexts(RequestBox& box) const {
  RequestBox wider = box;
  wider.nothing_else = false;
  if (!WidenTo(wider, box) && box.nothing_else) {
    // Requires the texts to be missing that would let a route get the request.
    for (const CoverSearch::Piece& piece : reach_.pieces()) {
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

}  // namespace

std::optional<RequestBox> FindUnrouted(const Reach& reach, const NumberSet* requesters) {
  return UnroutedSearch(reach, requesters).Run();
}

}  // namespace headgate::routing
