#include "routing/ranking.h"

#include <algorithm>
#include <utility>

namespace headgate::routing {
namespace {

__extension__ using Wide = unsigned __int128;

bool AsWritten(const PlannedTarget& a, const PlannedTarget& b) { return a.position < b.position; }

// kPriced and kFreeSlot compare by cost, what has no known cost comes behind them.
int CostGroup(const PlannedTarget& target) {
  switch (target.cost_basis) {
    case CostBasis::kPriced:
    case CostBasis::kFreeSlot:
      return 0;
    case CostBasis::kNoFreeSlot:
      return 1;
    case CostBasis::kUnpriced:
      break;
  }
  return 2;
}

bool Cheaper(const PlannedTarget& a, const PlannedTarget& b) {
  if (const int x = CostGroup(a), y = CostGroup(b); x != y) return x < y;
  if (a.expected_cost != b.expected_cost) return a.expected_cost < b.expected_cost;
  return AsWritten(a, b);
}

bool Faster(const PlannedTarget& a, const PlannedTarget& b) {
  if (a.expected_latency_ms != b.expected_latency_ms) {
    return a.expected_latency_ms < b.expected_latency_ms;
  }
  return AsWritten(a, b);
}

// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014):
// one addition and two multiplications turn neighbouring seeds into unrelated numbers.
std::uint64_t NextRandom(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15u;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::uint64_t WeightOf(const PlannedTarget& target, absl::Span<const int> weights) {
  if (target.position >= weights.size()) return 1;
  return static_cast<std::uint64_t>(std::max(weights[target.position], 0));
}

// Each place goes to one of those left with a probability proportional to its weight; when only
// weights of 0 are left, they keep the order written.
void DrawWeighted(absl::Span<const int> weights, std::uint64_t seed,
                  absl::Span<PlannedTarget> plan) {
  std::uint64_t total = 0;
  for (const PlannedTarget& target : plan) total += WeightOf(target, weights);
  for (; total > 0; plan.remove_prefix(1)) {
    std::uint64_t ticket = static_cast<std::uint64_t>((Wide{NextRandom(seed)} * total) >> 64);
    std::size_t drawn = 0;
    while (ticket >= WeightOf(plan[drawn], weights)) ticket -= WeightOf(plan[drawn++], weights);
    total -= WeightOf(plan[drawn], weights);
    // Rotated, not swapped: what is left stays in the order written.
    std::rotate(plan.begin(), plan.begin() + static_cast<std::ptrdiff_t>(drawn),
                plan.begin() + static_cast<std::ptrdiff_t>(drawn) + 1);
  }
}

void RankAlike(config::Prefer prefer, absl::Span<const int> weights, std::uint64_t seed,
               absl::Span<PlannedTarget> plan) {
  switch (prefer) {
    case config::Prefer::kOrdered:
      return;
    case config::Prefer::kLowestCost:
      std::sort(plan.begin(), plan.end(), Cheaper);
      return;
    case config::Prefer::kLowestLatency:
      std::sort(plan.begin(), plan.end(), Faster);
      return;
    case config::Prefer::kWeighted:
      DrawWeighted(weights, seed, plan);
      return;
  }
}

}  // namespace

void Rank(config::Prefer prefer, absl::Span<const int> weights, std::uint64_t seed,
          absl::Span<PlannedTarget> plan) {
  std::sort(plan.begin(), plan.end(), [](const PlannedTarget& a, const PlannedTarget& b) {
    return a.available != b.available ? a.available : AsWritten(a, b);
  });
  const auto unavailable =
      std::find_if(plan.begin(), plan.end(), [](const PlannedTarget& t) { return !t.available; });
  const auto usable = static_cast<std::size_t>(unavailable - plan.begin());
  RankAlike(prefer, weights, seed, plan.subspan(0, usable));
  RankAlike(prefer, weights, seed, plan.subspan(usable));
}

}  // namespace headgate::routing
