#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "backends/replica_set.h"
#include "backends/upstream.h"
#include "config/config.h"
#include "policy/rent.h"
#include "routing/decision.h"
#include "routing/learned.h"
#include "routing/policy.h"

namespace headgate::gateway {

// The living state of one backend: addresses, in-flight counts and circuit breakers, rent.
struct BackendState {
  std::string name;
  config::Hosting hosting = config::Hosting::kPaidApi;
  std::unique_ptr<const backends::Upstream> upstream;
  std::unique_ptr<backends::ReplicaSet> replicas;
  std::vector<std::unique_ptr<policy::RentMeter>> rent;  // per replica; self-hosted only
  std::size_t first_replica_number = 0;                  // process-wide, for connection pools
};

// Everything about backends that changes while requests run, and that a decision looks at. The
// structure is fixed after construction; what is inside is thread-safe. Shared by all workers.
class Fleet {
 public:
  static absl::StatusOr<std::shared_ptr<Fleet>> Make(const config::Config& config,
                                                     const routing::CompiledPolicy& policy);

  const std::vector<BackendState>& backends() const { return backends_; }
  const BackendState& backend(std::size_t index) const { return backends_[index]; }
  routing::LearnedTarget& learned(std::size_t target) const { return *learned_[target]; }

  // The state of every target as one value, for routing::Decide.
  void FillCandidates(const routing::CompiledPolicy& policy, routing::Class request_class,
                      backends::Clock::time_point now,
                      std::vector<routing::Candidate>& candidates) const;

 private:
  std::vector<BackendState> backends_;
  std::vector<std::unique_ptr<routing::LearnedTarget>> learned_;  // by target
};

// One place at one replica for one attempt: in-flight count and, on own hardware, the rent that
// runs while it is held. Move-only; gives both back when it goes.
class SlotLease {
 public:
  SlotLease() = default;
  SlotLease(const BackendState& backend, backends::ReplicaSet::Lease lease,
            policy::RentMeter::Clock::time_point now);
  SlotLease(SlotLease&&) = default;
  SlotLease& operator=(SlotLease&&) = delete;
  ~SlotLease();

  std::size_t replica() const { return lease_.replica(); }
  backends::ReplicaSet::Lease& lease() { return lease_; }

  // Ends the lease and returns the rent it cost, 0 at a paid API.
  NanoUsd Release(policy::RentMeter::Clock::time_point now);

 private:
  backends::ReplicaSet::Lease lease_;
  policy::RentMeter* rent_ = nullptr;
  policy::RentMeter::AttoUsd acquired_at_ = 0;
};

}  // namespace headgate::gateway
