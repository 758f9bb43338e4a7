#include "routing/reach/reach.h"

#include <algorithm>
#include <utility>

namespace headgate::routing {
namespace {

// Of CoverSearch, for each box of a route.
constexpr std::int64_t kStepsOfSearch = 20'000;
// About 5 ns each. A policy of 5,000 plain routes takes 25 million.
constexpr std::int64_t kComparisons = 100'000'000;
constexpr std::int64_t kComparisonsOfStep = 50;
// Boxes of all routes together: some 100 MB at most.
constexpr std::size_t kMaxPieces = 200'000;
constexpr std::size_t kMostTakersToDrop = 8;

}  // namespace

Reach::Reach(const config::Config& config, const CompiledPolicy& policy)
    : policy_(policy), compiler_(config, policy), comparisons_(kComparisons) {
  for (const Condition& own : policy.custom_classes()) {
    custom_classes_.push_back(compiler_.Compile(own, true));
  }
  for (std::size_t i = 0; i < policy.routes().size(); ++i) AddRoute(policy.routes()[i].when);
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    pieces_before_.push_back(pieces_.size());
    for (const RequestBox& box : taken_[i]) pieces_.push_back(CoverSearch::PieceOf(i, box));
  }
  const auto miss = std::find_if(pieces_.begin(), pieces_.end(),
                                 [](const Piece& piece) { return !piece.box->missed.empty(); });
  first_miss_ = static_cast<std::size_t>(miss - pieces_.begin());
}

void Reach::AddRoute(const Condition& when) {
  std::optional<Boxes> boxes = compiler_.Compile(when);
  if (boxes && boxes_ + boxes->size() > kMaxPieces) boxes.reset();
  if (boxes) boxes_ += boxes->size();
  taken_.push_back(boxes.value_or(Boxes()));
  routes_.push_back(boxes ? Narrowed(*boxes) : std::nullopt);
}

// A request has a custom class only if the condition of that class holds. The part of the condition
// about built-in classes is ignored.
std::optional<Reach::Boxes> Reach::Narrowed(const Boxes& boxes) const {
  Boxes narrowed;
  for (const RequestBox& box : boxes) {
    const bool any_class = box.traits.Holds(space().traits & Traits::AllClasses());
    RequestBox rest = box;
    for (std::size_t own = 0; own < custom_classes_.size() && !any_class; ++own) {
      const Traits one = Traits::None().Add(static_cast<Class>(kClassNames.size() + own));
      if (!custom_classes_[own] || !box.traits.Holds(one)) continue;
      rest.traits = rest.traits.Without(one);
      RequestBox of_class = box;
      of_class.traits = box.traits.Without(Traits::AllClasses()) | one;
      for (const RequestBox& condition : *custom_classes_[own]) {
        if (Meet(of_class, condition)) narrowed.push_back(of_class & condition);
      }
    }
    if (rest.Possible()) narrowed.push_back(std::move(rest));
    if (narrowed.size() > BoxCompiler::kMaxBoxes) return boxes;
  }
  return narrowed;
}

std::optional<Reach::Boxes> Reach::ByClass() const {
  Boxes boxes;
  const auto add = [&](Class value, Traits field, Traits only) {
    RequestBox box = Anything();
    box.traits = box.traits.Without(Traits::AllClasses()) | Traits::None().Add(value);
    box.traits = box.traits.Without(field) | (box.traits & field & only);
    if (box.Possible()) boxes.push_back(std::move(box));
  };
  // An explicit hint decides class, urgency and topic alike (classifier.h).
  const Traits code = Traits::None().Add(Topic::kCode);
  add(Class::kBatch, Traits::AllUrgencies(), Traits::None().Add(Urgency::kBatch));
  add(Class::kLatencyCritical, Traits::AllUrgencies(),
      Traits::None().Add(Urgency::kLatencyCritical));
  add(Class::kCode, Traits::AllTopics(), code);
  add(Class::kGeneral, Traits::AllTopics(), Traits::AllTopics().Without(code));
  for (std::size_t own = 0; own < custom_classes_.size(); ++own) {
    if (!custom_classes_[own]) return std::nullopt;
    for (RequestBox box : *custom_classes_[own]) {
      box.traits = box.traits.Without(Traits::AllClasses()) |
                   Traits::None().Add(static_cast<Class>(kClassNames.size() + own));
      boxes.push_back(std::move(box));
    }
  }
  return boxes;
}

RequestBox Reach::WithoutTexts(const RequestBox& box) const {
  RequestBox bare = box;
  bare.matched.clear();
  bare.nothing_else = true;
  Traits built_in = Traits::None();
  for (std::size_t i = 0; i < kClassNames.size(); ++i) built_in.Add(static_cast<Class>(i));
  const Traits every = space().traits & Traits::AllClasses();
  if ((box.traits & every & built_in) == Traits::None()) bare.traits = bare.traits | every;
  return bare;
}

Reach::Verdict Reach::Of(std::size_t route) {
  using Kind = Verdict::Kind;
  const std::optional<Boxes>& boxes = routes_[route];
  if (!boxes) return {};
  if (boxes->empty()) return {Kind::kImpossible, {}};
  Verdict verdict{Kind::kTaken, {}};
  const bool taken = std::all_of(boxes->begin(), boxes->end(), [&](const RequestBox& box) {
    return IsTaken(box, pieces_before_[route], verdict.takers);
  });
  if (!taken) return {};
  DropUnneeded(*boxes, verdict.takers);
  return verdict;
}

bool Reach::MayTake(std::size_t route, const RequestBox& box) {
  const std::optional<Boxes>& boxes = routes_[route];
  if (!boxes) return true;
  std::vector<std::size_t> takers;
  return std::any_of(boxes->begin(), boxes->end(), [&](const RequestBox& own) {
    return Meet(box, own) && !IsTaken(box & own, pieces_before_[route], takers);
  });
}

// Whether the first `pieces` pieces cover the box.
bool Reach::IsTaken(const RequestBox& box, std::size_t pieces, std::vector<std::size_t>& takers) {
  // A request without further headers and metadata comes first: the fewest pieces meet it.
  RequestBox bare = box;
  bare.nothing_else = true;
  const Piece outline = CoverSearch::PieceOf(0, box);
  for (const RequestBox& whole : {bare, box}) {
    if (!whole.nothing_else && (first_miss_ >= pieces || box.nothing_else)) return true;
    comparisons_ -= static_cast<std::int64_t>(pieces);
    if (comparisons_ < 0) return false;
    CoverSearch::Pieces near;
    for (std::size_t i = 0; i < pieces; ++i) {
      const Piece& piece = pieces_[i];
      if ((piece.keys & outline.keys) != 0 && (piece.asked & outline.asked) != 0 &&
          (!whole.nothing_else || (piece.matched & ~outline.matched) == 0) &&
          !(piece.input_tokens & outline.input_tokens).Empty() && Meet(*piece.box, whole)) {
        near.push_back(&piece);
      }
    }
    const bool taken = search_.IsCovered(whole, std::move(near), kStepsOfSearch, takers);
    comparisons_ -= kComparisonsOfStep * (kStepsOfSearch - search_.steps_left());
    if (!taken) return false;
  }
  return true;
}

// Drops takers that are not needed to cover the route, so that the warning names only those that
// matter.
void Reach::DropUnneeded(const Boxes& boxes, std::vector<std::size_t>& takers) {
  if (takers.size() < 2 || takers.size() > kMostTakersToDrop) return;
  for (std::size_t i = takers.size(); i-- > 0;) {
    CoverSearch::Pieces others;
    for (const Piece& piece : pieces_) {
      const bool among = std::binary_search(takers.begin(), takers.end(), piece.route);
      if (among && piece.route != takers[i]) others.push_back(&piece);
    }
    std::vector<std::size_t> ignored;
    const bool covered = std::all_of(boxes.begin(), boxes.end(), [&](const RequestBox& box) {
      return search_.IsCovered(box, others, kStepsOfSearch, ignored);
    });
    if (covered) takers.erase(takers.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace headgate::routing
