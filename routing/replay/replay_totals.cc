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

}  // namespace headgate::routing
