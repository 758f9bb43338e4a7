#include "gateway/fleet.h"

#include <utility>

namespace headgate::gateway {

absl::StatusOr<std::shared_ptr<Fleet>> Fleet::Make(const config::Config& config,
                                                   const routing::CompiledPolicy& policy) {
  auto fleet = std::make_shared<Fleet>();
  const auto now = policy::RentMeter::Clock::now();
  std::size_t replica_number = 0;
  for (const config::Backend& backend : config.backends) {
    absl::StatusOr<std::unique_ptr<const backends::Upstream>> upstream =
        backends::Upstream::Make(backend);
    if (!upstream.ok()) return upstream.status();
    BackendState state;
    state.name = backend.name;
    state.hosting = backend.hosting;
    state.upstream = *std::move(upstream);
    state.replicas = std::make_unique<backends::ReplicaSet>(backend.replicas.size(), backend.slots);
    state.first_replica_number = replica_number;
    replica_number += backend.replicas.size();
    if (backend.hosting == config::Hosting::kSelfHosted) {
      for (std::size_t i = 0; i < backend.replicas.size(); ++i) {
        state.rent.push_back(
            std::make_unique<policy::RentMeter>(backend.rent_per_replica_hour, backend.slots, now));
      }
    }
    fleet->backends_.push_back(std::move(state));
  }
  for (std::size_t i = 0; i < policy.targets().size(); ++i) {
    fleet->learned_.push_back(std::make_unique<routing::LearnedTarget>());
  }
  return fleet;
}

void Fleet::FillCandidates(const routing::CompiledPolicy& policy, routing::Class request_class,
                           backends::Clock::time_point now,
                           std::vector<routing::Candidate>& candidates) const {
  candidates.resize(policy.targets().size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const backends::ReplicaSet& replicas = *backends_[policy.targets()[i].backend].replicas;
    const routing::LearnedTarget& learned = *learned_[i];
    const routing::LearnedTarget::Latency latency = learned.FirstToken(now);
    candidates[i] = {
        .available = replicas.AnyUsable(now),
        .in_flight = replicas.InFlight(),
        .slots = static_cast<int>(replicas.size()) * replicas.slots_per_replica(),
        .ttft_median_ms = latency.median_ms,
        .ttft_samples = latency.samples,
        .predicted_wait_ms = 0,
        .expected_output_tokens = learned.ExpectedOutputTokens(request_class),
        .tokens_per_byte = learned.TokensPerByte(),
    };
  }
}

SlotLease::SlotLease(const BackendState& backend, backends::ReplicaSet::Lease lease,
                     policy::RentMeter::Clock::time_point now)
    : lease_(std::move(lease)) {
  if (backend.rent.empty()) return;
  rent_ = backend.rent[lease_.replica()].get();
  acquired_at_ = rent_->Acquire(now);
}

SlotLease::~SlotLease() {
  if (lease_) Release(policy::RentMeter::Clock::now());
}

NanoUsd SlotLease::Release(policy::RentMeter::Clock::time_point now) {
  NanoUsd cost = 0;
  if (lease_ && rent_ != nullptr) cost = rent_->Release(acquired_at_, now);
  lease_ = {};
  return cost;
}

}  // namespace headgate::gateway
