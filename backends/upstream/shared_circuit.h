#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "backends/upstream/circuit_breaker.h"
#include "config/base/mutex.h"

namespace headgate::backends {

// A circuit breaker that all workers share, and the slow start after its return. While the circuit
// is closed and clean no call takes its lock. Thread-safe.
class SharedCircuit {
 public:
  // What a request may do: stay away, go ahead, or go ahead as the one probe of a half-open
  // circuit. kFirstProbe is the first probe since the ejection.
  enum class Pass : std::uint8_t { kRefused, kOrdinary, kProbe, kFirstProbe };

  explicit SharedCircuit(std::uint64_t seed = 0) : breaker_(seed) {}

  Pass Enter(Clock::time_point now);
  // Returns whether Enter would let a request pass. Takes no lock while the circuit is closed.
  bool Usable(Clock::time_point now) const;

  // Counts a request that wants to come during the slow start, and returns whether it is within the
  // part that is let in (slow_start.h), divided by `divisor`. Always true after the slow start and
  // while the circuit is not closed. The requests that are let in are spread evenly: of n in a row
  // at a part p there are never more than p * n, rounded up.
  bool Admits(Clock::time_point now, std::uint32_t divisor);
  // Begins a slow start without an ejection: the replica has joined a set in use.
  void StartSlowly(Clock::time_point now);

  // See CircuitBreaker.
  CircuitChange Succeeded(Clock::time_point sent, Clock::time_point now);
  CircuitChange Failed(CircuitBreaker::Failure failure, bool probe, Clock::time_point now);
  // Ends a probe without a verdict.
  void Abandon();
  void CheckFailed();
  bool CheckSucceeded(Clock::time_point now);
  bool WantsChecks() const;
  bool IsUp() const;

  CircuitState State(Clock::time_point now) const;
  Clock::time_point NextTry(Clock::time_point now) const;

  // Since the start of the process.
  struct Totals {
    std::uint64_t ejections = 0;  // from use, without those after a failed probe
    std::uint64_t failed_probes = 0;
    std::uint64_t returns = 0;
  };
  Totals totals() const;

 private:
  static constexpr std::int64_t kInUse = 0;
  static constexpr std::int64_t kNotClosed = -1;

  void Note(const CircuitChange& change, Clock::time_point now) REQUIRES_LOCK(mutex_);

  mutable Mutex mutex_;
  CircuitBreaker breaker_ GUARDED_BY(mutex_);
  Totals totals_ GUARDED_BY(mutex_);
  // Mirrors of the breaker, so that the usual case takes no lock. phase_ is kInUse, kNotClosed, or
  // during the slow start its begin in nanoseconds of the clock.
  std::atomic<std::int64_t> phase_{kInUse};
  std::atomic<bool> clean_{true};           // closed, and no failure counted
  std::atomic<std::uint32_t> admitted_{0};  // in 65536ths of a request, of this slow start
};

// For one target, by replica of its backend: whether the replica serves the target's model. Opened
// by rejections of the model (403, 404), which say nothing about the backend's other models.
using ModelCircuits = std::vector<std::shared_ptr<SharedCircuit>>;

}  // namespace headgate::backends
