#include "routing/ranking.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace headgate::routing {
namespace {

__extension__ using Wide = unsigned __int128;

// Objects, not functions: std::sort then has them inline.
constexpr auto kAsWritten = [](const PlannedTarget& a, const PlannedTarget& b) {
  return a.position < b.position;
};

// What has a price compares by cost, what has no known cost comes behind them.
int CostGroup(const PlannedTarget& target) {
  switch (target.cost_basis) {
    case CostBasis::kPriced:
    case CostBasis::kFreeSlot:
    case CostBasis::kAmortised:
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

constexpr auto kBetter = [](const PlannedTarget& a, const PlannedTarget& b) {
  if (a.quality != b.quality) return a.quality > b.quality;  // a missing score is the least
  return kAsWritten(a, b);
};

constexpr auto kBlended = [](const PlannedTarget& a, const PlannedTarget& b) {
  if (a.blend != b.blend) return a.blend < b.blend;
  return kAsWritten(a, b);
};

// Adds to each target's blend how far its value lies between the best and the worst, 0..1, times
// `weight`. `value` says nullopt where it is not known: as bad as the worst.
template <typename Value>
void AddToBlend(absl::Span<PlannedTarget> plan, double weight, Value value) {
  double best = std::numeric_limits<double>::infinity();
  double worst = -best;
  for (const PlannedTarget& target : plan) {
    const std::optional<double> known = value(target);
    if (!known) continue;
    best = std::min(best, *known);
    worst = std::max(worst, *known);
  }
  for (PlannedTarget& target : plan) {
    const std::optional<double> known = value(target);
    const double scaled = worst > best ? (known.value_or(worst) - best) / (worst - best) : 0;
    target.blend += weight * (known ? scaled : 1);
  }
}

// The lower the better in all three.
void Blend(const config::BlendWeights& weights, absl::Span<PlannedTarget> plan) {
  for (PlannedTarget& target : plan) target.blend = 0;
  AddToBlend(plan, weights.cost, [](const PlannedTarget& target) -> std::optional<double> {
    if (CostGroup(target) > 0) return std::nullopt;
    return static_cast<double>(target.expected_cost);
  });
  AddToBlend(plan, weights.latency, [](const PlannedTarget& target) -> std::optional<double> {
    return static_cast<double>(target.expected_latency_ms);
  });
  AddToBlend(plan, weights.quality, [](const PlannedTarget& target) -> std::optional<double> {
    if (!target.quality) return std::nullopt;
    return -static_cast<double>(*target.quality);
  });
  std::sort(plan.begin(), plan.end(), kBlended);
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

void RankAlike(config::Prefer prefer, const config::BlendWeights& blend, std::uint64_t seed,
               absl::Span<PlannedTarget> plan) {
  switch (prefer) {
    case config::Prefer::kOrdered:
      return;
    case config::Prefer::kLowestCost:
      std::sort(plan.begin(), plan.end(), kCheaper);
      return;
    case config::Prefer::kLowestLatency:
      std::sort(plan.begin(), plan.end(), kFaster);
      return;
    case config::Prefer::kHighestQuality:
      std::sort(plan.begin(), plan.end(), kBetter);
      return;
    case config::Prefer::kBlend:
      Blend(blend, plan);
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

void Rank(config::Prefer prefer, const config::BlendWeights& blend, std::uint64_t seed,
          absl::Span<PlannedTarget> plan) {
  // Nearly always they come in order and are all available.
  if (!std::is_sorted(plan.begin(), plan.end(), kAvailableFirst)) {
    std::sort(plan.begin(), plan.end(), kAvailableFirst);
  }
  const auto unavailable =
      std::find_if(plan.begin(), plan.end(), [](const PlannedTarget& t) { return !t.available; });
  const auto usable = static_cast<std::size_t>(unavailable - plan.begin());
  RankAlike(prefer, blend, seed, plan.subspan(0, usable));
  RankAlike(prefer, blend, seed, plan.subspan(usable));
}

}  // namespace headgate::routing
