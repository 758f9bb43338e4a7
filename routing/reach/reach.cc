#include "routing/reach/reach.h"

#include <algorithm>
#include <set>
#include <utility>

namespace headgate::routing {
namespace {

// About 100 to 500 ns each.
constexpr std::int64_t kStepsOfSearch = 20'000;
// About 5 ns each. A policy of 5,000 plain routes takes 25 millions.
constexpr std::int64_t kComparisons = 100'000'000;
constexpr std::int64_t kComparisonsOfStep = 50;
// What is remembered of all routes together: some 100 MB at most.
constexpr std::size_t kMaxPieces = 200'000;
constexpr std::size_t kTakersToThin = 8;

std::uint64_t Folded(const RequestBox& box, std::uint32_t dimension) {
  for (const auto& [restricted, values] : box.sets) {
    if (restricted != dimension) continue;
    std::uint64_t folded = 0;
    for (const std::uint64_t word : values) folded |= word;
    return folded;
  }
  return ~std::uint64_t{0};
}

void Join(std::vector<std::size_t>& into, std::size_t route) {
  const auto at = std::lower_bound(into.begin(), into.end(), route);
  if (at == into.end() || *at != route) into.insert(at, route);
}

}  // namespace

Reach::Reach(const config::Config& config, const CompiledPolicy& policy)
    : compiler_(config, policy), not_allowed_(NotAllowed(policy)), comparisons_(kComparisons) {
  for (const Condition& own : policy.own_classes()) {
    own_classes_.push_back(compiler_.Compile(own, true));
  }
  for (std::size_t i = 0; i < policy.routes().size(); ++i) AddRoute(policy.routes()[i].when);
  for (std::size_t i = 0; i < taken_.size(); ++i) {
    pieces_before_.push_back(pieces_.size());
    for (const RequestBox& box : taken_[i]) pieces_.push_back(PieceOf(i, box));
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

// A request is of an own class only when that class's condition holds, as far as it looks at
// something else than the built-in class.
std::optional<Reach::Boxes> Reach::Narrowed(const Boxes& boxes) const {
  Boxes narrowed;
  for (const RequestBox& box : boxes) {
    const bool any_class = box.traits.Holds(space().traits & Traits::AllClasses());
    RequestBox rest = box;
    for (std::size_t own = 0; own < own_classes_.size() && !any_class; ++own) {
      const Traits one = Traits::None().Add(static_cast<Class>(kClassNames.size() + own));
      if (!own_classes_[own] || !box.traits.Holds(one)) continue;
      rest.traits = rest.traits.Without(one);
      RequestBox of_class = box;
      of_class.traits = box.traits.Without(Traits::AllClasses()) | one;
      for (const RequestBox& condition : *own_classes_[own]) {
        if (Meet(of_class, condition)) narrowed.push_back(of_class & condition);
      }
    }
    if (rest.Possible()) narrowed.push_back(std::move(rest));
    if (narrowed.size() > BoxCompiler::kMaxBoxes) return boxes;
  }
  return narrowed;
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

Reach::Piece Reach::PieceOf(std::size_t route, const RequestBox& box) {
  std::uint64_t matched = 0;
  for (const std::uint32_t pattern : box.matched) matched |= std::uint64_t{1} << (pattern % 64);
  return {box.input_tokens, Folded(box, kKeys), Folded(box, kAsked), matched, route, &box};
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

// Whether the first `pieces` of them take all of the box.
bool Reach::IsTaken(const RequestBox& box, std::size_t pieces, std::vector<std::size_t>& takers) {
  // A text that no condition needs to be missing is best missing: that leaves the fewest pieces.
  RequestBox bare = box;
  bare.nothing_else = true;
  const Piece outline = PieceOf(0, box);
  for (const RequestBox& whole : {bare, box}) {
    if (!whole.nothing_else && (first_miss_ >= pieces || box.nothing_else)) return true;
    comparisons_ -= static_cast<std::int64_t>(pieces);
    if (comparisons_ < 0) return false;
    Pieces near;
    for (std::size_t i = 0; i < pieces; ++i) {
      const Piece& piece = pieces_[i];
      if ((piece.keys & outline.keys) != 0 && (piece.asked & outline.asked) != 0 &&
          (!whole.nothing_else || (piece.matched & ~outline.matched) == 0) &&
          !(piece.input_tokens & outline.input_tokens).Empty() && Meet(*piece.box, whole)) {
        near.push_back(&piece);
      }
    }
    steps_ = kStepsOfSearch;
    const bool taken = IsTaken(whole, std::move(near), takers);
    comparisons_ -= kComparisonsOfStep * (kStepsOfSearch - steps_);
    if (!taken) return false;
  }
  return true;
}

// Cuts off what leaves one part, which needs no decision. False: something changed, and pieces that
// were left may be so no longer.
bool Reach::Propagate(RequestBox& box, Pieces& pieces, std::vector<std::size_t>& takers,
                      bool& taken) {
  bool stable = true;
  Pieces left;
  for (const Piece* piece : pieces) {
    if (--steps_ < 0) break;
    if (!Meet(box, *piece->box)) continue;
    std::vector<RequestBox> parts = Without(box, *piece->box, space());
    if (parts.size() > 1) {
      left.push_back(piece);
      continue;
    }
    Join(takers, piece->route);
    taken = parts.empty();
    if (taken) return true;
    box = std::move(parts[0]);
    stable = false;
  }
  pieces = std::move(left);
  return stable;
}

bool Reach::IsTaken(RequestBox box, Pieces pieces, std::vector<std::size_t>& takers) {
  bool taken = false;
  while (!Propagate(box, pieces, takers, taken)) {
  }
  if (taken) return true;
  if (steps_ < 0) return false;
  if (pieces.empty()) {
    left_ = std::move(box);
    return false;
  }
  const Piece* first = pieces.front();
  Join(takers, first->route);
  const std::vector<RequestBox> parts = Without(box, *first->box, space());
  return std::all_of(parts.begin(), parts.end(),
                     [&](const RequestBox& part) { return IsTaken(part, pieces, takers); });
}

// Leaves out of the takers whom the others can do without, so that the report names no bystander.
void Reach::DropUnneeded(const Boxes& boxes, std::vector<std::size_t>& takers) {
  if (takers.size() < 2 || takers.size() > kTakersToThin) return;
  for (std::size_t i = takers.size(); i-- > 0;) {
    Pieces others;
    for (const Piece& piece : pieces_) {
      const bool among = std::binary_search(takers.begin(), takers.end(), piece.route);
      if (among && piece.route != takers[i]) others.push_back(&piece);
    }
    std::vector<std::size_t> ignored;
    const bool still = std::all_of(boxes.begin(), boxes.end(), [&](const RequestBox& box) {
      steps_ = kStepsOfSearch;
      return IsTaken(box, others, ignored);
    });
    if (still) takers.erase(takers.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

}  // namespace headgate::routing
