#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "backends/circuit_breaker.h"
#include "config/base/mutex.h"

namespace headgate::backends {

// The replicas of one backend: in-flight counts, circuit breakers, and the choice between them:
// power of two choices on own in-flight counts among the replicas that may be used. All workers
// share one. Thread-safe.
class ReplicaSet {
 public:
  ReplicaSet(std::size_t replicas, int slots_per_replica);

  // After a reload: the i-th replica is the previous set's number kept[i], with its circuit and
  // what is in flight there, or a new one where there is none. Both sets may then be used side by
  // side, the old one by requests that began with it.
  ReplicaSet(const ReplicaSet& previous, const std::vector<std::optional<std::size_t>>& kept,
             int slots_per_replica);

  // Holds one in-flight place at a replica and gives it back; move-only RAII. The verdict on the
  // replica is reported through it (at most once; without one the place is just given back).
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();
    explicit operator bool() const { return set_ != nullptr; }
    std::size_t replica() const { return replica_; }
    void Succeeded(Clock::time_point now);
    void Failed(CircuitBreaker::Failure failure, Clock::time_point now);

   private:
    friend class ReplicaSet;
    Lease(ReplicaSet* set, std::size_t replica, bool probe)
        : set_(set), replica_(replica), probe_(probe) {}
    void Release();
    ReplicaSet* set_ = nullptr;
    std::size_t replica_ = 0;
    bool probe_ = false;  // holds the one probe of a half-open circuit
    bool reported_ = false;
  };

  // Picks a replica: two different usable ones drawn from `random`, the one with fewer in flight
  // wins (a tie: the first drawn). `avoid`: a replica that has just failed this request, taken
  // only when it is the only one usable. nullopt when all are ejected and !panic; with `panic`
  // the least loaded of all is returned even so.
  std::optional<Lease> Acquire(std::uint64_t random, Clock::time_point now,
                               std::optional<std::size_t> avoid, bool panic);

  struct ReplicaState {
    int in_flight = 0;
    CircuitState circuit = CircuitState::kClosed;
  };
  ReplicaState State(std::size_t index, Clock::time_point now) const;
  std::size_t size() const { return replicas_.size(); }
  int slots_per_replica() const { return slots_; }  // 0 = unbounded
  int InFlight() const;                             // over all replicas
  bool AnyUsable(Clock::time_point now)
      const;  // some replica is not ejected; cheap: no lock when all are closed

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Replica {
    std::atomic<int> in_flight{0};
    mutable Mutex mutex;
    CircuitBreaker breaker GUARDED_BY(mutex);
    // Mirrors of the breaker, so that the usual case takes no lock.
    std::atomic<bool> closed{true};
    std::atomic<bool> clean{true};  // closed, and no failure counted
  };
  bool Usable(std::size_t index, Clock::time_point now) const;
  int InFlightOf(std::size_t index) const;
  std::size_t NthUsable(std::size_t skip, Clock::time_point now, std::size_t avoid,
                        std::size_t other) const;
  std::size_t Choose(std::uint64_t random, Clock::time_point now, std::size_t avoid) const;
  std::size_t LeastLoaded() const;

  std::vector<std::shared_ptr<Replica>> replicas_;  // shared with the sets of other generations
  const int slots_;
};

}  // namespace headgate::backends
