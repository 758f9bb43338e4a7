#include "backends/affinity/affinity_choice.h"

#include <algorithm>

namespace headgate::backends {
namespace {

// Parts as numerator and denominator: integers decide the same way everywhere.
struct Part {
  std::int64_t of;
  std::int64_t in;
};
constexpr Part kMostLoad{5, 4};
constexpr Part kNearlyLongest{3, 4};
constexpr Part kLeastPart{1, 4};

constexpr std::int64_t PartRoundedUp(Part part, std::int64_t whole) {
  return (part.of * whole + part.in - 1) / part.in;
}

// The load of a usable replica that may be exceeded only by requests without affinity.
int LoadLimitOf(std::span<const AffinityReplica> replicas) {
  std::int64_t in_flight = 0;
  std::int64_t usable = 0;
  for (const AffinityReplica& replica : replicas) {
    if (!replica.usable) continue;
    in_flight += replica.in_flight;
    ++usable;
  }
  return usable == 0 ? 0 : AffinityLoadLimit(in_flight, usable);
}

// Returns the fewest blocks for whose sake a replica is chosen.
std::int64_t LeastOf(std::size_t blocks) {
  return std::max<std::int64_t>(1, PartRoundedUp(kLeastPart, static_cast<std::int64_t>(blocks)));
}

template <typename Wanted>
void TakeAll(std::span<const AffinityReplica> replicas, Wanted&& wanted, AffinityChoice& choice) {
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    if (replicas[i].usable && wanted(replicas[i])) choice.candidates.push_back(i);
  }
}

void TakeByLoad(std::span<const AffinityReplica> replicas, AffinityChoice& choice) {
  TakeAll(
      replicas, [](const AffinityReplica& replica) { return replica.room; }, choice);
  if (!choice.candidates.empty()) return;
  TakeAll(
      replicas, [](const AffinityReplica&) { return true; }, choice);
}

}  // namespace

int AffinityLoadLimit(std::int64_t in_flight, std::int64_t usable) {
  return static_cast<int>(PartRoundedUp({kMostLoad.of, kMostLoad.in * usable}, in_flight + 1));
}

Affinity AffinityAt(std::span<const AffinityReplica> replicas, std::size_t taken,
                    std::size_t blocks) {
  const std::int64_t known = replicas[taken].matched;
  std::int64_t longest = known;
  for (const AffinityReplica& replica : replicas) {
    if (replica.usable) longest = std::max<std::int64_t>(longest, replica.matched);
  }
  const std::int64_t least = LeastOf(blocks);
  if (longest < least) return Affinity::kNone;
  if (known < least) return Affinity::kEscaped;
  return known < PartRoundedUp(kNearlyLongest, longest) ? Affinity::kShorter : Affinity::kFollowed;
}

AffinityChoice ChooseByAffinity(std::span<const AffinityReplica> replicas, std::size_t blocks) {
  AffinityChoice choice;
  const int limit = LoadLimitOf(replicas);
  const auto takes = [limit](const AffinityReplica& replica) {
    return replica.room && replica.in_flight < limit;
  };
  std::int64_t longest = 0;  // of all usable replicas
  std::int64_t at_hand = 0;  // of usable replicas that can take the request
  for (const AffinityReplica& replica : replicas) {
    if (!replica.usable) continue;
    longest = std::max<std::int64_t>(longest, replica.matched);
    if (takes(replica)) at_hand = std::max<std::int64_t>(at_hand, replica.matched);
  }
  const std::int64_t least = LeastOf(blocks);
  if (at_hand < least) {
    choice.affinity = longest < least ? Affinity::kNone : Affinity::kEscaped;
    TakeByLoad(replicas, choice);
    return choice;
  }
  const std::int64_t nearly = PartRoundedUp(kNearlyLongest, at_hand);
  choice.affinity =
      at_hand < PartRoundedUp(kNearlyLongest, longest) ? Affinity::kShorter : Affinity::kFollowed;
  TakeAll(
      replicas,
      [&](const AffinityReplica& replica) { return takes(replica) && replica.matched >= nearly; },
      choice);
  return choice;
}

}  // namespace headgate::backends
