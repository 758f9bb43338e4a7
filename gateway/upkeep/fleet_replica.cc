#include "gateway/upkeep/fleet_replica.h"

namespace headgate::gateway {

std::vector<FleetReplica> SelfHostedReplicas(const std::shared_ptr<const Snapshot>& snapshot) {
  std::vector<FleetReplica> replicas;
  for (const BackendState& backend : snapshot->fleet->backends()) {
    if (backend.hosting != config::Hosting::kSelfHosted) continue;
    for (std::size_t i = 0; i < backend.replicas->size(); ++i) {
      replicas.emplace_back(snapshot, backend, i);
    }
  }
  return replicas;
}

}  // namespace headgate::gateway
