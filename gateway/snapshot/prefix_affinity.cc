#include "gateway/snapshot/prefix_affinity.h"

#include <utility>

namespace headgate::gateway {
namespace {

constexpr std::size_t kMostPreferred = 64;  // bits of Ask::preferred

}  // namespace

PrefixAffinity::PrefixAffinity(std::size_t replicas, SharedCounts counts)
    : index_(replicas), counts_(std::move(counts)) {}

PrefixAffinity::PrefixAffinity(const PrefixAffinity& previous,
                               const std::vector<std::optional<std::size_t>>& kept)
    : index_(previous.index_, kept), counts_(previous.counts_) {}

PrefixAffinity::States PrefixAffinity::StatesOf(const backends::PrefixHashes& prompt,
                                                const backends::ReplicaSet& replicas,
                                                const backends::ReplicaSet::Ask& ask) const {
  const backends::MatchedBlocks matched = index_.Match(prompt);
  States states(replicas.size());
  for (std::size_t i = 0; i < states.size(); ++i) {
    const backends::SlotCount& slots = replicas.slots(i);
    states[i] = {.usable = i != ask.avoid && replicas.Usable(i, ask.now, ask.model),
                 .room = slots.HasRoom(ask.tokens),
                 .in_flight = slots.in_flight() + slots.others(),
                 .matched = matched[i]};
  }
  return states;
}

std::uint64_t PrefixAffinity::Prefer(const backends::PrefixHashes& prompt,
                                     const backends::ReplicaSet& replicas,
                                     const backends::ReplicaSet::Ask& ask) const {
  const States states = StatesOf(prompt, replicas, ask);
  const backends::AffinityChoice choice = backends::ChooseByAffinity(states, prompt.size());
  if (choice.affinity == backends::Affinity::kNone ||
      choice.affinity == backends::Affinity::kEscaped) {
    return 0;
  }
  std::uint64_t preferred = 0;
  for (const std::size_t i : choice.candidates) {
    if (i < kMostPreferred) preferred |= std::uint64_t{1} << i;
  }
  return preferred;
}

void PrefixAffinity::Note(const backends::PrefixHashes& prompt,
                          const backends::ReplicaSet& replicas,
                          const backends::ReplicaSet::Ask& ask, std::size_t taken) {
  const backends::Affinity affinity =
      backends::AffinityAt(StatesOf(prompt, replicas, ask), taken, prompt.size());
  (*counts_)[static_cast<std::size_t>(affinity)].fetch_add(1, std::memory_order_relaxed);
  index_.Note(prompt, taken);
}

void PrefixAffinity::ForgetEjected(const backends::ReplicaSet& replicas,
                                   backends::Clock::time_point now) {
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    if (replicas.circuit(i).State(now) == backends::CircuitState::kOpen && index_.Blocks(i) > 0) {
      index_.Forget(i);
    }
  }
}

PrefixAffinity::Counts PrefixAffinity::Read(const SharedCounts& counts) {
  Counts read{};
  for (std::size_t i = 0; i < read.size(); ++i) {
    read[i] = (*counts)[i].load(std::memory_order_relaxed);
  }
  return read;
}

}  // namespace headgate::gateway
