#include "routing/reach/cover_search.h"

#include <algorithm>

namespace headgate::routing {
namespace {

// All words of the box's set in one; all bits if the box does not restrict the dimension.
std::uint64_t MergedWords(const RequestBox& box, std::uint32_t dimension) {
  for (const auto& [restricted, values] : box.sets) {
    if (restricted != dimension) continue;
    std::uint64_t merged = 0;
    for (const std::uint64_t word : values) merged |= word;
    return merged;
  }
  return ~std::uint64_t{0};
}

void Join(std::vector<std::size_t>& into, std::size_t route) {
  const auto at = std::lower_bound(into.begin(), into.end(), route);
  if (at == into.end() || *at != route) into.insert(at, route);
}

}  // namespace

CoverSearch::Piece CoverSearch::PieceOf(std::size_t route, const RequestBox& box) {
  std::uint64_t matched = 0;
  for (const std::uint32_t pattern : box.matched) matched |= std::uint64_t{1} << (pattern % 64);
  return {
      box.input_tokens, MergedWords(box, kKeys), MergedWords(box, kAsked), matched, route, &box};
}

bool CoverSearch::IsCovered(const RequestBox& box, Pieces pieces, std::int64_t steps,
                            std::vector<std::size_t>& takers) {
  steps_ = steps;
  uncovered_.reset();
  return Cut(box, std::move(pieces), takers);
}

// Cuts off the pieces that leave at most one part. Such a cut needs no decision. Returns false if
// the box has changed, so that pieces which were kept may now leave one part too.
bool CoverSearch::Propagate(RequestBox& box, Pieces& pieces, std::vector<std::size_t>& takers,
                            bool& taken) {
  bool stable = true;
  Pieces undecided;
  for (const Piece* piece : pieces) {
    if (--steps_ < 0) break;
    if (!Meet(box, *piece->box)) continue;
    std::vector<RequestBox> parts = Without(box, *piece->box, space_);
    if (parts.size() > 1) {
      undecided.push_back(piece);
      continue;
    }
    Join(takers, piece->route);
    taken = parts.empty();
    if (taken) return true;
    box = std::move(parts[0]);
    stable = false;
  }
  pieces = std::move(undecided);
  return stable;
}

bool CoverSearch::Cut(RequestBox box, Pieces pieces, std::vector<std::size_t>& takers) {
  bool taken = false;
  while (!Propagate(box, pieces, takers, taken)) {
  }
  if (taken) return true;
  if (steps_ < 0) return false;
  if (pieces.empty()) {
    uncovered_ = std::move(box);
    return false;
  }
  const Piece* first = pieces.front();
  Join(takers, first->route);
  const std::vector<RequestBox> parts = Without(box, *first->box, space_);
  return std::all_of(parts.begin(), parts.end(),
                     [&](const RequestBox& part) { return Cut(part, pieces, takers); });
}

}  // namespace headgate::routing
