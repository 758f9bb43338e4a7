#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "backends/limits/configured_limits.h"
#include "backends/limits/heard_limits.h"
#include "backends/scheduler/slot_queue.h"
#include "backends/telemetry/replica_load.h"
#include "backends/upstream/replica_set.h"
#include "backends/upstream/shared_circuit.h"
#include "backends/upstream/upstream.h"
#include "config/config.h"
#include "gateway/snapshot/known_slots.h"
#include "gateway/snapshot/prefix_affinity.h"
#include "policy/money/rent.h"
#include "policy/money/retired_rent.h"
#include "policy/money/served_window.h"
#include "routing/decide/learned.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// The addresses that were found for the names of replicas (`dns://`), by NameKey.
using FoundReplicas = std::map<std::string, std::vector<config::Url>>;

// Returns what a name of replicas is known by: "gpu.svc:8000/v1".
std::string NameKey(const config::Url& name);

// The changing state of one backend: addresses, in-flight counts and circuit breakers, rent.
struct BackendState {
  std::string name;
  config::Hosting hosting = config::Hosting::kPaidApi;
  std::unique_ptr<const backends::Upstream> upstream;
  std::unique_ptr<backends::ReplicaSet> replicas;
  // Of requests that wait for a slot; null at a paid API. A reload keeps it.
  std::shared_ptr<backends::SlotQueue> queue;
  std::vector<std::shared_ptr<policy::RentMeter>> rent;  // per replica; self-hosted only
  config::RentTerms rent_terms;                          // of one replica
  std::shared_ptr<policy::ServedWindow> served;          // self-hosted only; a reload keeps it
  // Per replica, for connection pools. Numbers are process-wide, and are never given to another
  // address or trust.
  std::vector<std::size_t> replica_numbers;
  std::shared_ptr<PrefixAffinity> affinity;  // null with less than two replicas of our own
  // Set once the backend has shown that it refuses stream_options. A reload keeps it if the
  // backend's addresses, credentials and engine stay as they are.
  std::shared_ptr<std::atomic<bool>> refuses_stream_options;
  // What our account has sent in the last minute. A reload keeps it if the credentials stay.
  std::shared_ptr<backends::ConfiguredLimits> limits;
  // Per replica, what its engine says; a reload keeps it if the replica is asked as before.
  backends::ReplicaLoads loads;

  // Returns whether the engine is asked for its load.
  bool TellsLoad() const {
    return hosting == config::Hosting::kSelfHosted &&
           !backends::LoadQuestionsOf(upstream->engine()).empty();
  }
};

// Everything about backends that changes while requests run, and that a decision depends on. The
// structure is fixed after construction; its contents are thread-safe. All workers share it.
//
// A reload makes a new fleet that shares what has stayed with the previous fleet: circuits,
// in-flight counts, rent meters and connections by backend and URL, and what was learned by target.
// A changed key gives a backend fresh circuits, and a changed model name gives a target fresh
// circuits. Requests that began with the old fleet end there. Make and AdoptFrom are for the one
// thread that reloads.
class Fleet {
 public:
  // Changes nothing in `previous` (null at start), so that the new fleet can still be discarded.
  // `found`: the addresses of names. Other names have the addresses that `previous` knew. A name
  // whose addresses are not known yet is one replica, which is looked up for each connection.
  static absl::StatusOr<std::shared_ptr<Fleet>> Make(const config::Config& config,
                                                     const routing::CompiledPolicy& policy,
                                                     const Fleet* previous = nullptr,
                                                     const FoundReplicas& found = {});

  // Puts this fleet in force. What stayed gets the configured rent and slots; the rent of a replica
  // that was removed ends with its last request.
  void AdoptFrom(const config::Config& config, const Fleet& previous,
                 policy::RentMeter::Clock::time_point now);

  const std::vector<BackendState>& backends() const { return backends_; }
  const BackendState& backend(std::size_t index) const { return backends_[index]; }
  const FoundReplicas& found() const { return found_; }
  std::vector<std::size_t> ReplicaNumbers() const;
  // Of the configured backends, and of those that were until an hour ago.
  const KnownSlots& known_slots() const { return known_slots_; }
  // Rent of replicas that are no longer configured, of all fleets since the start.
  policy::RetiredRent& retired_rent() const { return *retired_rent_; }
  routing::LearnedTarget& learned(std::size_t target) const { return *targets_[target].learned; }
  // By replica of its backend: whether the target's model is served there.
  const backends::ModelCircuits& model_circuits(std::size_t target) const {
    return targets_[target].model_circuits;
  }
  // What the target's provider said of our account's limits.
  backends::HeardLimits& heard_limits(std::size_t target) const { return *targets_[target].heard; }
  backends::ConfiguredLimits& configured_limits(std::size_t target) const {
    return *backends_[targets_[target].backend].limits;
  }
  // Returns whether the target's provider has any limits that are known.
  bool HasLimits(std::size_t target) const {
    return heard_limits(target).any() || configured_limits(target).any();
  }
  // Returns until when the limits of its provider keep a request from the target, or `now`.
  backends::Clock::time_point LimitedUntil(std::size_t target,
                                           const backends::HeardLimits::Amount& amount,
                                           backends::Clock::time_point now) const;
  const BackendState& BackendOf(std::size_t target) const {
    return backends_[targets_[target].backend];
  }
  // The queue of the target's backend; null at a paid API.
  const std::shared_ptr<backends::SlotQueue>& QueueOf(std::size_t target) const {
    return BackendOf(target).queue;
  }
  // Takes a replica of the target (ReplicaSet::Acquire). REQUIRES: `ask.model` is model_circuits of
  // the target.
  backends::ReplicaSet::Answer Acquire(std::size_t target,
                                       const backends::ReplicaSet::Ask& ask) const {
    return BackendOf(target).replicas->Acquire(ask);
  }
  // Returns whether a request may be sent to some replica of the target.
  bool Usable(std::size_t target, backends::Clock::time_point now) const;
  // Returns when a request may next be sent to the target: `now` unless all its replicas are
  // ejected.
  backends::Clock::time_point NextTry(std::size_t target, backends::Clock::time_point now) const;

  // Grants what has become free without a return: a circuit has closed, other clients of an engine
  // have left. Forgets the caches of ejected replicas. Called every 100 ms, once for the process.
  void SweepQueues(backends::Clock::time_point now) const;

 private:
  absl::Status AddBackend(const config::Backend& backend, const Fleet* previous);
  void AddReplicas(const config::Backend& backend, const BackendState* previous,
                   BackendState& state);
  void AddAffinity(const BackendState* previous,
                   const std::vector<std::optional<std::size_t>>& kept, BackendState& state);
  void TakeKnownSlots(const Fleet& previous);
  void AddQueue(const config::Backend& backend, BackendState& state);
  // What is known of one target.
  struct TargetState {
    std::string name;
    std::string upstream_model;
    std::size_t backend = 0;
    std::shared_ptr<routing::LearnedTarget> learned;
    backends::ModelCircuits model_circuits;
    std::shared_ptr<backends::HeardLimits> heard;
  };
  bool SameAccount(const TargetState& target, const Fleet* previous,
                   const TargetState* before) const;
  void AddTarget(const routing::Target& target, const Fleet* previous);
  backends::ModelCircuits CircuitsOf(const TargetState& target, const Fleet* previous,
                                     const TargetState* before) const;

  std::vector<BackendState> backends_;
  std::vector<TargetState> targets_;  // parallel to the policy's
  std::shared_ptr<policy::RetiredRent> retired_rent_;
  std::size_t next_replica_number_ = 0;
  FoundReplicas found_;     // of this configuration's names
  KnownSlots known_slots_;  // of this fleet and of former ones
};

}  // namespace headgate::gateway
