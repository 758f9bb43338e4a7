#include "routing/ranking.h"

#include <algorithm>
#include <utility>

namespace headgate::routing {
namespace {

__extension__ using Wide = unsigned __int128;

// Objects, not functions: std::sort then has them inline.
constexpr auto kAsWritten = [](const PlannedTarget& a, const PlannedTarget& b) {
  return a.position < b.position;
};

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

constexpr auto kCheaper = [](const PlannedTarget& a, const PlannedTarget& b) {
  if (const int x = CostGroup(a), y = CostGroup(b); x != y) return x < y;
  if (a.expected_cost != b.expected_cost) return a.expected_cost < b.expected_cost;
  return kAsWritten(a, b);
};

constexpr auto kFaster = [](const PlannedTarget& a, const PlannedTarget& b) {
  if (a.expected_latency_ms != b.expected_latency_ms) {
    return a.expected_latency_ms < b.expected_latency_ms;
  }
  return kAsWritten(a, b);
};

// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014):
// one addition and two multiplications turn neighbouring seeds into unrelated numbers.
std::uint64_t NextRandom(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15u;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// Each place goes to one of those left with a probability proportional to its weight; when only
// weights of 0 are left, they keep the order written.
void DrawWeighted(std::uint64_t seed, absl::Span<PlannedTarget> plan) {
  std::uint64_t total = 0;
  for (const PlannedTarget& target : plan) total += target.weight;
  while (total > 0) {
    auto ticket = static_cast<std::uint64_t>((Wide{NextRandom(seed)} * total) >> 64);
    auto drawn = plan.begin();
    while (ticket >= drawn->weight) ticket -= (drawn++)->weight;
    total -= drawn->weight;
    std::swap(*drawn, plan.front());
    plan.remove_prefix(1);
  }
  std::sort(plan.begin(), plan.end(), kAsWritten);
}

void RankAlike(config::Prefer prefer, std::uint64_t seed, absl::Span<PlannedTarget> plan) {
  switch (prefer) {
    case config::Prefer::kOrdered:
      return;
    case config::Prefer::kLowestCost:
      std::sort(plan.begin(), plan.end(), kCheaper);
      return;
    case config::Prefer::kLowestLatency:
      std::sort(plan.begin(), plan.end(), kFaster);
      return;
    case config::Prefer::kWeighted:
      DrawWeighted(seed, plan);
      return;
  }
}

constexpr auto kAvailableFirst = [](const PlannedTarget& a, const PlannedTarget& b) {
  return a.available != b.available ? a.available : kAsWritten(a, b);
};

}  // namespace

void Rank(config::Prefer prefer, std::uint64_t seed, absl::Span<PlannedTarget> plan) {
  // Nearly always they come in order and are all available.
  if (!std::is_sorted(plan.begin(), plan.end(), kAvailableFirst)) {
    std::sort(plan.begin(), plan.end(), kAvailableFirst);
  }
  const auto unavailable =
      std::find_if(plan.begin(), plan.end(), [](const PlannedTarget& t) { return !t.available; });
  const auto usable = static_cast<std::size_t>(unavailable - plan.begin());
  RankAlike(prefer, seed, plan.subspan(0, usable));
  RankAlike(prefer, seed, plan.subspan(usable));
}

}  // namespace headgate::routing
