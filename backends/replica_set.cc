#include "backends/replica_set.h"

#include <limits>
#include <utility>

namespace headgate::backends {

ReplicaSet::ReplicaSet(std::size_t replicas, int slots_per_replica) : slots_(slots_per_replica) {
  for (std::size_t i = 0; i < replicas; ++i) replicas_.push_back(std::make_shared<Replica>());
}

ReplicaSet::ReplicaSet(const ReplicaSet& previous,
                       const std::vector<std::optional<std::size_t>>& kept, int slots_per_replica)
    : slots_(slots_per_replica) {
  for (const std::optional<std::size_t>& index : kept) {
    replicas_.push_back(index ? previous.replicas_[*index] : std::make_shared<Replica>());
  }
}

// --- Lease ---------------------------------------------------------------------------------------

ReplicaSet::Lease::Lease(Lease&& other) noexcept
    : set_(std::exchange(other.set_, nullptr)),
      replica_(other.replica_),
      probe_(other.probe_),
      reported_(other.reported_) {}

ReplicaSet::Lease& ReplicaSet::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  Release();
  set_ = std::exchange(other.set_, nullptr);
  replica_ = other.replica_;
  probe_ = other.probe_;
  reported_ = other.reported_;
  return *this;
}

ReplicaSet::Lease::~Lease() { Release(); }

void ReplicaSet::Lease::Release() {
  if (set_ == nullptr) return;
  Replica& replica = *set_->replicas_[replica_];
  if (probe_ && !reported_) {
    MutexLock lock(replica.mutex);
    replica.breaker.Abandon();
  }
  replica.in_flight.fetch_sub(1, std::memory_order_relaxed);
  set_ = nullptr;
}

void ReplicaSet::Lease::Succeeded(Clock::time_point now) {
  reported_ = true;
  Replica& replica = *set_->replicas_[replica_];
  // The usual case: nothing was wrong, nothing changes, no lock.
  if (replica.clean.load(std::memory_order_relaxed)) return;
  MutexLock lock(replica.mutex);
  replica.breaker.Success(now);
  replica.closed.store(true, std::memory_order_relaxed);
  replica.clean.store(true, std::memory_order_relaxed);
}

void ReplicaSet::Lease::Failed(CircuitBreaker::Failure failure, Clock::time_point now) {
  reported_ = true;
  Replica& replica = *set_->replicas_[replica_];
  MutexLock lock(replica.mutex);
  replica.breaker.Fail(failure, now);
  replica.clean.store(false, std::memory_order_relaxed);
  replica.closed.store(replica.breaker.State(now) == CircuitState::kClosed,
                       std::memory_order_relaxed);
}

// --- choice --------------------------------------------------------------------------------------

bool ReplicaSet::Usable(std::size_t index, Clock::time_point now) const {
  const Replica& replica = *replicas_[index];
  if (replica.closed.load(std::memory_order_relaxed)) return true;
  MutexLock lock(replica.mutex);
  return replica.breaker.State(now) != CircuitState::kOpen;
}

int ReplicaSet::InFlightOf(std::size_t index) const {
  return replicas_[index]->in_flight.load(std::memory_order_relaxed);
}

// The `skip`-th usable replica that is neither `avoid` nor `other`; kNone if there are fewer.
std::size_t ReplicaSet::NthUsable(std::size_t skip, Clock::time_point now, std::size_t avoid,
                                  std::size_t other) const {
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (i == avoid || i == other || !Usable(i, now)) continue;
    if (skip-- == 0) return i;
  }
  return kNone;
}

std::optional<ReplicaSet::Lease> ReplicaSet::Acquire(std::uint64_t random, Clock::time_point now,
                                                     std::optional<std::size_t> avoid, bool panic) {
  std::size_t avoided = avoid.value_or(kNone);
  // A half-open replica lets one probe through; who comes second chooses again without it.
  for (int round = 0; round < 3; ++round) {
    const std::size_t chosen = Choose(random, now, avoided);
    if (chosen == kNone) {
      if (avoided == kNone) break;
      avoided = kNone;  // the one that has just failed is better than none
      continue;
    }
    Replica& replica = *replicas_[chosen];
    bool probe = false;
    if (!replica.closed.load(std::memory_order_relaxed)) {
      MutexLock lock(replica.mutex);
      if (!replica.breaker.Allow(now)) {
        avoided = chosen;
        continue;
      }
      probe = replica.breaker.State(now) == CircuitState::kHalfOpen;
    }
    replica.in_flight.fetch_add(1, std::memory_order_relaxed);
    return Lease(this, chosen, probe);
  }
  if (!panic) return std::nullopt;
  const std::size_t least = LeastLoaded();
  replicas_[least]->in_flight.fetch_add(1, std::memory_order_relaxed);
  return Lease(this, least, /*probe=*/false);
}

// Power of two choices (Mitzenmacher 2001): two drawn, the less loaded wins.
std::size_t ReplicaSet::Choose(std::uint64_t random, Clock::time_point now,
                               std::size_t avoid) const {
  if (replicas_.size() == 1) return avoid != 0 && Usable(0, now) ? 0 : kNone;
  std::size_t usable = 0;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (i != avoid && Usable(i, now)) ++usable;
  }
  if (usable == 0) return kNone;
  const std::size_t first = NthUsable((random & 0xFFFFFFFFu) % usable, now, avoid, kNone);
  if (usable == 1 || first == kNone) return first;
  const std::size_t second = NthUsable((random >> 32) % (usable - 1), now, avoid, first);
  if (second == kNone) return first;
  return InFlightOf(second) < InFlightOf(first) ? second : first;
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
  const Replica& replica = *replicas_[index];
  MutexLock lock(replica.mutex);
  return {InFlightOf(index), replica.breaker.State(now)};
}

int ReplicaSet::InFlight() const {
  int sum = 0;
  for (std::size_t i = 0; i < replicas_.size(); ++i) sum += InFlightOf(i);
  return sum;
}

bool ReplicaSet::AnyUsable(Clock::time_point now) const {
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (Usable(i, now)) return true;
  }
  return false;
}

}  // namespace headgate::backends
