#include "routing/replay/replay_totals.h"

#include <algorithm>

namespace headgate::routing {

std::vector<ReplayTotals::Move> ReplayTotals::MovesByCount() const {
  std::vector<Move> sorted;
  for (const auto& [move, count] : moves) sorted.emplace_back(count, move);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Move& a, const Move& b) { return a.first > b.first; });
  return sorted;
}

ReplayRow ReplayTotals::Spilled() const {
  ReplayRow all;
  for (const auto& [target, row] : spills) {
    all.requests_before += row.requests_before;
    all.requests_after += row.requests_after;
    all.cost_before += row.cost_before;
    all.cost_after += row.cost_after;
    all.before_coverage.known += row.before_coverage.known;
    all.before_coverage.unknown += row.before_coverage.unknown;
    all.after_coverage.known += row.after_coverage.known;
    all.after_coverage.unknown += row.after_coverage.unknown;
  }
  return all;
}

}  // namespace headgate::routing
