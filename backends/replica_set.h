#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "config/base/mutex.h"

namespace headgate::backends {

using Clock = std::chrono::steady_clock;

enum class CircuitState : std::uint8_t { kClosed, kOpen, kHalfOpen };

// Passive health of one replica: ejected after 5 consecutive failures, or at once on a connect
// failure or silence until the first-token timeout; for 30 s x n up to 300 s; then half-open with
// one probe; a success closes it. A caller's mistake (4xx but 408/409/429) is no failure.
// Sans-I/O: `now` comes in. Not thread-safe by itself (ReplicaSet guards it).
class CircuitBreaker {
 public:
  enum class Failure : std::uint8_t { kTransient, kDead };  // kDead ejects at once
  // May a request be sent now? Turns an expired ejection half-open; then only one caller gets yes.
  bool Allow(Clock::time_point now);
  void Success(Clock::time_point now);
  void Fail(Failure failure, Clock::time_point now);
  // A half-open probe that ended without a verdict (client left): the next caller may probe.
  void Abandon();
  CircuitState State(Clock::time_point now) const;

 private:
  int consecutive_failures_ = 0;
  int ejections_ = 0;
  bool open_ = false;
  bool probing_ = false;
  Clock::time_point open_until_{};
};

// The replicas of one backend: in-flight counts, circuit breakers, and the choice between them:
// power of two choices on own in-flight counts among the replicas that may be used. All workers
// share one. Thread-safe.
class ReplicaSet {
 public:
  ReplicaSet(std::size_t replicas, int slots_per_replica);

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
    Lease(ReplicaSet* set, std::size_t replica) : set_(set), replica_(replica) {}
    void Release();
    ReplicaSet* set_ = nullptr;
    std::size_t replica_ = 0;
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
  ReplicaState State(std::size_t replica, Clock::time_point now) const;
  std::size_t size() const { return replicas_.size(); }
  int slots_per_replica() const { return slots_; }  // 0 = unbounded
  int InFlight() const;                             // over all replicas
  bool AnyUsable(Clock::time_point now)
      const;  // some replica is not ejected; cheap: no lock when all are closed

 private:
  struct Replica {
    std::atomic<int> in_flight{0};
    mutable Mutex mutex;
    CircuitBreaker breaker GUARDED_BY(mutex);
    std::atomic<bool> closed{
        true};  // mirror of the breaker's state, so that the usual case takes no lock
  };
  std::vector<std::unique_ptr<Replica>> replicas_;
  const int slots_;
};

}  // namespace headgate::backends
