#include "routing/decide/ranking.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "config/base/split_mix.h"

namespace headgate::routing {
namespace {

__extension__ using UnsignedWide = unsigned __int128;

// Function objects, so that std::sort can inline them.
constexpr auto kAsWritten = [](const PlannedTarget& a, const PlannedTarget& b) {
  return a.position < b.position;
};

bool IsPriced(const PlannedTarget& target) { return target.cost_basis != CostBasis::kUnpriced; }

constexpr auto kCheaper = [](const PlannedTarget& a, const PlannedTarget& b) {
  if (IsPriced(a) != IsPriced(b)) return IsPriced(a);
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

// Calls part(i, x), where x is the position of the value of target i between the best (0) and the
// worst (1). An unknown value (nullopt) counts as 1.
template <typename Value, typename Part>
void Scale(absl::Span<const PlannedTarget> plan, Value value, Part part) {
  double best = std::numeric_limits<double>::infinity();
  double worst = -best;
  for (const PlannedTarget& target : plan) {
    const std::optional<double> known = value(target);
    if (!known) continue;
    best = std::min(best, *known);
    worst = std::max(worst, *known);
  }
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const std::optional<double> known = value(plan[i]);
    const double scaled = worst > best ? (known.value_or(worst) - best) / (worst - best) : 0;
    part(i, known ? scaled : 1);
  }
}

// For these three values, lower is better.
constexpr auto kBlendedCost = [](const PlannedTarget& target) -> std::optional<double> {
  if (!IsPriced(target)) return std::nullopt;
  return static_cast<double>(target.expected_cost);
};
constexpr auto kBlendedLatency = [](const PlannedTarget& target) -> std::optional<double> {
  return static_cast<double>(target.expected_latency_ms);
};
constexpr auto kBlendedQuality = [](const PlannedTarget& target) -> std::optional<double> {
  if (!target.quality) return std::nullopt;
  return -static_cast<double>(*target.quality);
};

void Blend(const config::BlendWeights& weights, absl::Span<PlannedTarget> plan) {
  for (PlannedTarget& target : plan) target.blend = 0;
  const auto weighted = [&](double weight) {
    return [plan, weight](std::size_t i, double part) { plan[i].blend += weight * part; };
  };
  Scale(plan, kBlendedCost, weighted(weights.cost));
  Scale(plan, kBlendedLatency, weighted(weights.latency));
  Scale(plan, kBlendedQuality, weighted(weights.quality));
  std::sort(plan.begin(), plan.end(), kBlended);
}

// Draws the next target with a probability proportional to its weight. Targets of weight 0 come
// last, in the order of the configuration.
void DrawWeighted(std::uint64_t seed, absl::Span<PlannedTarget> plan) {
  config::SplitMix64 numbers(seed);
  std::uint64_t total = 0;
  for (const PlannedTarget& target : plan) total += target.weight;
  while (total > 0) {
    auto ticket = static_cast<std::uint64_t>((UnsignedWide{numbers.Next()} * total) >> 64);
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
  // In nearly all plans every target is up and in order.
  if (!std::is_sorted(plan.begin(), plan.end(), kAvailableFirst)) {
    std::sort(plan.begin(), plan.end(), kAvailableFirst);
  }
  const auto unavailable =
      std::find_if(plan.begin(), plan.end(), [](const PlannedTarget& t) { return !t.available; });
  const auto usable = static_cast<std::size_t>(unavailable - plan.begin());
  RankAlike(prefer, blend, seed, plan.subspan(0, usable));
  RankAlike(prefer, blend, seed, plan.subspan(usable));
}

std::vector<BlendParts> BlendPartsOf(absl::Span<const PlannedTarget> plan) {
  std::vector<BlendParts> parts(plan.size());
  const auto unavailable =
      std::find_if(plan.begin(), plan.end(), [](const PlannedTarget& t) { return !t.available; });
  const auto usable = static_cast<std::size_t>(unavailable - plan.begin());
  for (const auto& [first, size] :
       {std::pair{std::size_t{0}, usable}, std::pair{usable, plan.size() - usable}}) {
    const absl::Span<const PlannedTarget> alike = plan.subspan(first, size);
    BlendParts* const out = parts.data() + first;
    Scale(alike, kBlendedCost, [&](std::size_t i, double part) { out[i].cost = part; });
    Scale(alike, kBlendedLatency, [&](std::size_t i, double part) { out[i].latency = part; });
    Scale(alike, kBlendedQuality, [&](std::size_t i, double part) { out[i].quality = part; });
  }
  return parts;
}

}  // namespace headgate::routing
