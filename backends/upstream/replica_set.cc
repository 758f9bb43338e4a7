#include "backends/upstream/replica_set.h"

#include <algorithm>
#include <utility>

namespace headgate::backends {

ReplicaSet::ReplicaSet(std::size_t replicas, int slots_per_replica, std::uint64_t seed)
    : slots_(slots_per_replica), outcomes_(std::make_shared<RecentOutcomes>()) {
  for (std::size_t i = 0; i < replicas; ++i) replicas_.emplace_back(seed + i);
}

ReplicaSet::ReplicaSet(const ReplicaSet& previous,
                       const std::vector<std::optional<std::size_t>>& kept, const Change& change)
    : slots_(change.slots_per_replica),
      outcomes_(change.fresh_circuits ? std::make_shared<RecentOutcomes>() : previous.outcomes_) {
  const bool some_stay =
      std::any_of(kept.begin(), kept.end(), [](const auto& index) { return index.has_value(); });
  for (const std::optional<std::size_t>& index : kept) {
    Replica& replica = replicas_.emplace_back(change.seed + replicas_.size());
    if (index) {
      replica.in_flight = previous.replicas_[*index].in_flight;
      if (!change.fresh_circuits) replica.circuit = previous.replicas_[*index].circuit;
    } else if (some_stay && change.joined) {
      replica.circuit->StartSlowly(*change.joined);
    }
  }
}

// --- Lease ---------------------------------------------------------------------------------------

ReplicaSet::Lease::Lease(Lease&& other) noexcept { Take(other); }

ReplicaSet::Lease& ReplicaSet::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  Release();
  Take(other);
  return *this;
}

ReplicaSet::Lease::~Lease() { Release(); }

void ReplicaSet::Lease::Take(Lease& other) {
  set_ = std::exchange(other.set_, nullptr);
  replica_ = other.replica_;
  model_ = other.model_;
  taken_ = other.taken_;
  replica_pass_ = other.replica_pass_;
  model_pass_ = other.model_pass_;
  replica_reported_ = other.replica_reported_;
  model_reported_ = other.model_reported_;
}

void ReplicaSet::Lease::Release() {
  if (set_ == nullptr) return;
  if (replica_pass_ >= Pass::kProbe && !replica_reported_) circuit().Abandon();
  if (model_pass_ >= Pass::kProbe && !model_reported_) model_->Abandon();
  set_->replicas_[replica_].in_flight->fetch_sub(1, std::memory_order_relaxed);
  set_ = nullptr;
}

ReplicaSet::Changes ReplicaSet::Lease::Answering(Clock::time_point now) {
  Changes changes;
  if (replica_pass_ >= Pass::kProbe) {
    changes.replica = circuit().Succeeded(taken_, now);
    replica_pass_ = Pass::kOrdinary;
  }
  if (model_pass_ >= Pass::kProbe) {
    changes.model = model_->Succeeded(taken_, now);
    model_pass_ = Pass::kOrdinary;
  }
  return changes;
}

ReplicaSet::Changes ReplicaSet::Lease::Succeeded(Clock::time_point now) {
  Changes changes = Answered(now);
  model_reported_ = true;
  if (model_ != nullptr) changes.model = model_->Succeeded(taken_, now);
  return changes;
}

ReplicaSet::Changes ReplicaSet::Lease::Answered(Clock::time_point now) {
  replica_reported_ = true;
  set_->outcomes_->Add(/*failed=*/false, now);
  return {.replica = circuit().Succeeded(taken_, now), .model = {}};
}

ReplicaSet::Changes ReplicaSet::Lease::RejectedModel(Clock::time_point now) {
  Changes changes = Answered(now);
  model_reported_ = true;
  if (model_ != nullptr) {
    changes.model =
        model_->Failed(CircuitBreaker::Failure::kTransient, model_pass_ >= Pass::kProbe, now);
  }
  return changes;
}

ReplicaSet::Changes ReplicaSet::Lease::Failed(CircuitBreaker::Failure failure,
                                              Clock::time_point now) {
  replica_reported_ = true;
  set_->outcomes_->Add(/*failed=*/true, now);
  return {.replica = circuit().Failed(failure, replica_pass_ >= Pass::kProbe, now), .model = {}};
}

// --- choice --------------------------------------------------------------------------------------

bool ReplicaSet::Usable(std::size_t index, Clock::time_point now,
                        const ModelCircuits* model) const {
  return replicas_[index].circuit->Usable(now) &&
         (model == nullptr || (*model)[index]->Usable(now));
}

int ReplicaSet::InFlightOf(std::size_t index) const {
  return replicas_[index].in_flight->load(std::memory_order_relaxed);
}

// Returns the `skip`-th usable replica that is not the avoided replica or `other`, or kNone if
// there are fewer.
std::size_t ReplicaSet::NthUsable(std::size_t skip, const Choice& among, std::size_t other) const {
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (i == among.avoid || i == other || !Usable(i, among.now, among.model)) continue;
    if (skip-- == 0) return i;
  }
  return kNone;
}

// Returns nullopt if a circuit is half-open and another request has the probe.
std::optional<ReplicaSet::Lease> ReplicaSet::Enter(std::size_t index, Clock::time_point now,
                                                   const ModelCircuits* model) {
  using Pass = SharedCircuit::Pass;
  Replica& replica = replicas_[index];
  const Pass pass = replica.circuit->Enter(now);
  if (pass == Pass::kRefused) return std::nullopt;
  SharedCircuit* const of_model = model == nullptr ? nullptr : (*model)[index].get();
  const Pass model_pass = of_model == nullptr ? Pass::kOrdinary : of_model->Enter(now);
  if (model_pass == Pass::kRefused) {
    if (pass >= Pass::kProbe) replica.circuit->Abandon();
    return std::nullopt;
  }
  replica.in_flight->fetch_add(1, std::memory_order_relaxed);
  return Lease(this, index, of_model, pass, model_pass, now);
}

std::optional<ReplicaSet::Lease> ReplicaSet::Acquire(std::uint64_t random, Clock::time_point now,
                                                     std::optional<std::size_t> avoid,
                                                     Admission admission,
                                                     const ModelCircuits* model) {
  std::size_t avoided = avoid.value_or(kNone);
  // A half-open replica lets one probe through; a second request chooses again without it.
  for (int round = 0; round < 3; ++round) {
    const std::size_t chosen = Choose(random, {now, avoided, admission, model});
    if (chosen == kHeldBack) return std::nullopt;
    if (chosen == kNone) {
      if (avoided == kNone) break;
      avoided = kNone;  // a replica that has just failed is better than no replica
      continue;
    }
    if (std::optional<Lease> lease = Enter(chosen, now, model)) return lease;
    avoided = chosen;
  }
  if (admission != Admission::kPanic || replicas_.empty()) return std::nullopt;
  const std::size_t least = LeastLoaded();
  replicas_[least].in_flight->fetch_add(1, std::memory_order_relaxed);
  return Lease(this, least, model == nullptr ? nullptr : (*model)[least].get(),
               SharedCircuit::Pass::kOrdinary, SharedCircuit::Pass::kOrdinary, now);
}

// Power of two choices (Mitzenmacher 2001): two are drawn, the less loaded wins.
std::size_t ReplicaSet::Choose(std::uint64_t random, const Choice& among) const {
  if (replicas_.size() == 1) {
    return among.avoid != 0 && Usable(0, among.now, among.model) ? Alone(0, among) : kNone;
  }
  std::size_t usable = 0;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (i != among.avoid && Usable(i, among.now, among.model)) ++usable;
  }
  if (usable == 0) return kNone;
  const std::size_t first = NthUsable((random & 0xFFFFFFFFu) % usable, among, kNone);
  if (first == kNone) return kNone;
  if (usable == 1) return Alone(first, among);
  const std::size_t second = NthUsable((random >> 32) % (usable - 1), among, first);
  if (second == kNone) return Alone(first, among);
  return InFlightOf(second) < InFlightOf(first) ? Better(second, first, among)
                                                : Better(first, second, among);
}

// Returns `chosen`, the only usable replica, or kHeldBack if its slow start leaves the request to
// another target.
std::size_t ReplicaSet::Alone(std::size_t chosen, const Choice& among) const {
  if (among.admission != Admission::kSlowStart) return chosen;
  return replicas_[chosen].circuit->Admits(among.now, 1) ? chosen : kHeldBack;
}

// Returns the winner of two, unless its slow start leaves the request to the other.
std::size_t ReplicaSet::Better(std::size_t winner, std::size_t other, const Choice& among) const {
  constexpr std::uint32_t kDrawnTwice = 2;
  if (replicas_[winner].circuit->Admits(among.now, kDrawnTwice)) return winner;
  if (replicas_[other].circuit->Admits(among.now, kDrawnTwice)) return other;
  return among.admission == Admission::kSlowStart ? kHeldBack : winner;
}

std::size_t ReplicaSet::LeastLoaded() const {
  std::size_t least = 0;
  for (std::size_t i = 1; i < replicas_.size(); ++i) {
    if (InFlightOf(i) < InFlightOf(least)) least = i;
  }
  return least;
}

// --- state ---------------------------------------------------------------------------------------

ReplicaSet::ReplicaState ReplicaSet::State(std::size_t index, Clock::time_point now) const {
  return {InFlightOf(index), replicas_[index].circuit->State(now)};
}

int ReplicaSet::InFlight() const {
  int sum = 0;
  for (std::size_t i = 0; i < replicas_.size(); ++i) sum += InFlightOf(i);
  return sum;
}

bool ReplicaSet::AnyUsable(Clock::time_point now, const ModelCircuits* model) const {
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (Usable(i, now, model)) return true;
  }
  return false;
}

Clock::time_point ReplicaSet::NextTry(Clock::time_point now, const ModelCircuits* model) const {
  Clock::time_point first = Clock::time_point::max();
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    Clock::time_point at = replicas_[i].circuit->NextTry(now);
    if (model != nullptr) at = std::max(at, (*model)[i]->NextTry(now));
    first = std::min(first, at);
  }
  return first;
}

}  // namespace headgate::backends
