#include "gateway/snapshot/fleet.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "config/base/unix_time.h"
#include "policy/money/rent_terms.h"

namespace headgate::gateway {
namespace {

const BackendState* FindBackend(const Fleet* fleet, const std::string& name) {
  if (fleet == nullptr) return nullptr;
  for (const BackendState& backend : fleet->backends()) {
    if (backend.name == name) return &backend;
  }
  return nullptr;
}

// Returns the index of the replica with this URL, which occurs at most once.
std::optional<std::size_t> FindReplica(const BackendState* backend, const std::string& url) {
  if (backend == nullptr) return std::nullopt;
  const std::vector<backends::Replica>& replicas = backend->upstream->replicas();
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    if (replicas[i].url == url) return i;
  }
  return std::nullopt;
}

// So that gateways that see the same outage do not probe in step.
std::uint64_t SeedOfEjections() {
  std::random_device entropy;
  return static_cast<std::uint64_t>(entropy()) << 32 | entropy();
}

backends::SlotQueue::Settings QueueSettings(const config::Backend& backend) {
  return {
      .limit = backend.queue_limit, .batch_floor = backend.batch.floor, .preempt = backend.preempt};
}

bool IsByName(const config::Backend& backend) {
  return backend.replicas.size() == 1 && backend.replicas.front().dns;
}

}  // namespace

std::string NameKey(const config::Url& name) {
  return absl::StrCat(name.host, ":", name.port, name.path);
}

absl::StatusOr<std::shared_ptr<Fleet>> Fleet::Make(const config::Config& config,
                                                   const routing::CompiledPolicy& policy,
                                                   const Fleet* previous,
                                                   const FoundReplicas& found) {
  auto fleet = std::make_shared<Fleet>();
  if (previous != nullptr) fleet->TakeKnownSlots(*previous);
  fleet->next_replica_number_ = previous != nullptr ? previous->next_replica_number_ : 0;
  fleet->retired_rent_ =
      previous != nullptr ? previous->retired_rent_ : std::make_shared<policy::RetiredRent>();
  for (const config::Backend& backend : config.backends) {
    absl::Status added;
    if (!IsByName(backend)) {
      added = fleet->AddBackend(backend, previous);
    } else {
      const std::string key = NameKey(backend.replicas.front());
      config::Backend placed = backend;
      if (const auto now = found.find(key); now != found.end()) {
        placed.replicas = now->second;
      } else if (previous != nullptr && previous->found_.contains(key)) {
        placed.replicas = previous->found_.at(key);
      }
      if (!IsByName(placed)) fleet->found_[key] = placed.replicas;
      added = fleet->AddBackend(placed, previous);
    }
    if (!added.ok()) return added;
  }
  for (const routing::Target& target : policy.targets()) fleet->AddTarget(target, previous);
  return fleet;
}

void Fleet::TakeKnownSlots(const Fleet& previous) {
  const auto now = policy::RentMeter::Clock::now();
  known_slots_ = previous.known_slots_;
  for (const BackendState& backend : previous.backends_) {
    if (backend.queue != nullptr) known_slots_.Use(backend.name, now);
  }
  known_slots_.Forget(now);
}

absl::Status Fleet::AddBackend(const config::Backend& backend, const Fleet* previous) {
  absl::StatusOr<std::unique_ptr<const backends::Upstream>> upstream =
      backends::Upstream::Make(backend);
  if (!upstream.ok()) return upstream.status();
  BackendState state;
  state.name = backend.name;
  state.hosting = backend.hosting;
  state.upstream = *std::move(upstream);
  const BackendState* const before = FindBackend(previous, backend.name);
  state.refuses_stream_options = before != nullptr && before->upstream->SameAs(*state.upstream)
                                     ? before->refuses_stream_options
                                     : std::make_shared<std::atomic<bool>>(false);
  if (before != nullptr && before->upstream->SameCredentials(*state.upstream)) {
    state.limits = before->limits;
  } else {
    state.limits = std::make_shared<backends::ConfiguredLimits>();
    state.limits->Configure(backend.limits);
  }
  if (backend.hosting == config::Hosting::kSelfHosted) {
    state.rent_terms = backend.rent;
    state.served = before != nullptr && before->served != nullptr
                       ? before->served
                       : std::make_shared<policy::ServedWindow>();
  }
  AddReplicas(backend, before, state);
  AddQueue(backend, state);
  state.loads = before != nullptr
                    ? backends::LoadsOf(*state.upstream, before->upstream.get(), before->loads)
                    : backends::LoadsOf(*state.upstream, nullptr, {});
  backends_.push_back(std::move(state));
  return absl::OkStatus();
}

void Fleet::AddReplicas(const config::Backend& backend, const BackendState* previous,
                        BackendState& state) {
  const auto now = policy::RentMeter::Clock::now();
  std::vector<std::optional<std::size_t>> kept;
  backends::SlotCounts running;
  for (const backends::Replica& replica : state.upstream->replicas()) {
    running.push_back(backend.hosting == config::Hosting::kSelfHosted
                          ? known_slots_.SlotsOf(backend.name, replica.url)
                          : nullptr);
    const std::optional<std::size_t> before = FindReplica(previous, replica.url);
    // Slots of our own and slots of a paid API are counted apart.
    kept.push_back(previous != nullptr && previous->hosting == backend.hosting ? before
                                                                               : std::nullopt);
    const bool same_way = before && previous->upstream->replicas()[*before].SameWay(replica);
    state.replica_numbers.push_back(same_way ? previous->replica_numbers[*before]
                                             : next_replica_number_++);
    if (backend.hosting != config::Hosting::kSelfHosted) continue;
    std::shared_ptr<policy::RentMeter> meter;
    if (before && !previous->rent.empty()) meter = previous->rent[*before];
    if (!meter) meter = retired_rent_->Find(backend.name, replica.url);
    if (!meter) {
      meter = std::make_shared<policy::RentMeter>(policy::RentAt(backend.rent, UnixSeconds()),
                                                  backend.slots, now);
    }
    state.rent.push_back(std::move(meter));
  }
  AddAffinity(previous, kept, state);
  const backends::SlotLimits limits{.slots = backend.slots, .tokens = backend.slot_tokens};
  if (previous == nullptr) {
    state.replicas =
        std::make_unique<backends::ReplicaSet>(kept.size(), limits, SeedOfEjections(), running);
    return;
  }
  backends::ReplicaSet::Change change{
      .limits = limits,
      .fresh_circuits = !state.upstream->SameCredentials(*previous->upstream),
      .seed = SeedOfEjections(),
      .joined = std::nullopt,
      .running = std::move(running)};
  if (backend.hosting == config::Hosting::kSelfHosted) change.joined = now;
  state.replicas = std::make_unique<backends::ReplicaSet>(*previous->replicas, kept, change);
}

void Fleet::AddAffinity(const BackendState* previous,
                        const std::vector<std::optional<std::size_t>>& kept, BackendState& state) {
  if (state.hosting != config::Hosting::kSelfHosted || kept.size() < 2) return;
  if (previous != nullptr && previous->affinity != nullptr) {
    state.affinity = std::make_shared<PrefixAffinity>(*previous->affinity, kept);
  } else {
    KnownSlots::Backend& known = known_slots_.Use(state.name, backends::Clock::now());
    if (known.affinity == nullptr) known.affinity = PrefixAffinity::MakeCounts();
    state.affinity = std::make_shared<PrefixAffinity>(kept.size(), known.affinity);
  }
}

void Fleet::AddQueue(const config::Backend& backend, BackendState& state) {
  if (backend.hosting != config::Hosting::kSelfHosted) return;
  const backends::SlotCounts slots = state.replicas->AllSlots();
  for (std::size_t i = 0; i < slots.size(); ++i) {
    known_slots_.Add(backend.name, state.upstream->replicas()[i].url, slots[i]);
  }
  KnownSlots::Backend& known = known_slots_.Use(backend.name, backends::Clock::now());
  if (known.queue == nullptr) {
    known.queue = backends::SlotQueue::Make(slots, QueueSettings(backend));
  }
  state.queue = known.queue;
}

void Fleet::AddTarget(const routing::Target& target, const Fleet* previous) {
  const TargetState* before = nullptr;
  if (previous != nullptr) {
    for (const TargetState& state : previous->targets_) {
      if (state.name == target.name) before = &state;
    }
  }
  TargetState state{
      .name = target.name,
      .upstream_model = target.upstream_model,
      .backend = target.backend,
      .learned = before != nullptr ? before->learned : std::make_shared<routing::LearnedTarget>(),
      .model_circuits = {},
      .heard = {}};
  state.model_circuits = CircuitsOf(state, previous, before);
  state.heard = SameAccount(state, previous, before) ? before->heard
                                                     : std::make_shared<backends::HeardLimits>();
  targets_.push_back(std::move(state));
}

// Returns whether what a provider said of `before`, the same target in `previous`, still holds.
bool Fleet::SameAccount(const TargetState& target, const Fleet* previous,
                        const TargetState* before) const {
  if (before == nullptr || before->upstream_model != target.upstream_model) return false;
  return previous->backends_[before->backend].upstream->SameCredentials(
      *backends_[target.backend].upstream);
}

// Returns the circuits of `before`, the same target in `previous`, for replicas to which the same
// request would be sent as then. All other replicas get new circuits.
backends::ModelCircuits Fleet::CircuitsOf(const TargetState& target, const Fleet* previous,
                                          const TargetState* before) const {
  const backends::Upstream& upstream = *backends_[target.backend].upstream;
  const BackendState* const then =
      before != nullptr ? &previous->backends_[before->backend] : nullptr;
  const bool same_question = then != nullptr && before->upstream_model == target.upstream_model &&
                             upstream.SameCredentials(*then->upstream);
  backends::ModelCircuits circuits;
  for (const backends::Replica& replica : upstream.replicas()) {
    const std::optional<std::size_t> kept =
        same_question ? FindReplica(then, replica.url) : std::nullopt;
    circuits.push_back(kept ? before->model_circuits[*kept]
                            : std::make_shared<backends::SharedCircuit>(SeedOfEjections()));
  }
  return circuits;
}

void Fleet::AdoptFrom(const config::Config& config, const Fleet& previous,
                      policy::RentMeter::Clock::time_point now) {
  for (std::size_t i = 0; i < backends_.size(); ++i) {
    backends_[i].limits->Configure(config.backends[i].limits);
    backends_[i].replicas->PutLimitsInForce();
    if (backends_[i].queue) {
      backends_[i].queue->Configure(backends_[i].replicas->AllSlots(),
                                    QueueSettings(config.backends[i]), now);
    }
    for (const std::shared_ptr<policy::RentMeter>& meter : backends_[i].rent) {
      meter->Configure(policy::RentAt(config.backends[i].rent, UnixSeconds()),
                       config.backends[i].slots, now);
      retired_rent_->Remove(meter);
    }
  }
  for (const BackendState& gone : previous.backends_) {
    const BackendState* const stayed = FindBackend(this, gone.name);
    for (std::size_t i = 0; i < gone.rent.size(); ++i) {
      const std::string& url = gone.upstream->replicas()[i].url;
      const bool kept = stayed != nullptr && !stayed->rent.empty() && FindReplica(stayed, url);
      if (!kept) retired_rent_->Add(gone.name, url, gone.rent[i], now);
    }
  }
}

std::vector<std::size_t> Fleet::ReplicaNumbers() const {
  std::vector<std::size_t> numbers;
  for (const BackendState& backend : backends_) {
    numbers.insert(numbers.end(), backend.replica_numbers.begin(), backend.replica_numbers.end());
  }
  return numbers;
}

backends::Clock::time_point Fleet::LimitedUntil(std::size_t target,
                                                const backends::HeardLimits::Amount& amount,
                                                backends::Clock::time_point now) const {
  const TargetState& state = targets_[target];
  return std::max(state.heard->NotBefore(amount, now),
                  backends_[state.backend].limits->NotBefore(amount.input + amount.output, now));
}

void Fleet::SweepQueues(backends::Clock::time_point now) const {
  for (const BackendState& backend : backends_) {
    for (std::size_t i = 0; i < backend.replicas->size(); ++i) {
      backend.replicas->slots(i).SetDown(!backend.replicas->Usable(i, now, nullptr));
    }
    for (std::size_t i = 0; i < backend.loads.size(); ++i) {
      backends::SlotCount& slots = backend.replicas->slots(i);
      const double kv = backend.loads[i]->KvOfOthers(now);
      slots.SetOthers(backend.loads[i]->Others(now),
                      static_cast<std::int64_t>(kv * static_cast<double>(slots.slot_tokens())));
    }
    if (backend.affinity) backend.affinity->ForgetEjected(*backend.replicas, now);
  }
  known_slots_.Kick(now);
}

bool Fleet::Usable(std::size_t target, backends::Clock::time_point now) const {
  const TargetState& state = targets_[target];
  return backends_[state.backend].replicas->AnyUsable(now, &state.model_circuits);
}

backends::Clock::time_point Fleet::NextTry(std::size_t target,
                                           backends::Clock::time_point now) const {
  const TargetState& state = targets_[target];
  return backends_[state.backend].replicas->NextTry(now, &state.model_circuits);
}

}  // namespace headgate::gateway
