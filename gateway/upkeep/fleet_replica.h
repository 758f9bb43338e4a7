#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {

// A replica of a self-hosted backend, as one configuration knows it. It keeps that configuration
// alive, so that a question to the replica may outlast a reload. Immutable.
class FleetReplica {
 public:
  FleetReplica(std::shared_ptr<const Snapshot> snapshot, const BackendState& backend,
               std::size_t index)
      : snapshot_(std::move(snapshot)), backend_(&backend), index_(index) {}

  const BackendState& backend() const { return *backend_; }
  // Among the replicas of the backend.
  std::size_t index() const { return index_; }
  backends::SharedCircuit& circuit() const { return backend_->replicas->circuit(index_); }

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  const BackendState* backend_;  // in *snapshot_
  std::size_t index_;
};

// Returns the replicas of all self-hosted backends.
std::vector<FleetReplica> SelfHostedReplicas(const std::shared_ptr<const Snapshot>& snapshot);

// How many questions to replicas had each of three results, by backend, since the start.
using QuestionTotals = std::map<std::string, std::array<std::uint64_t, 3>>;

}  // namespace headgate::gateway
