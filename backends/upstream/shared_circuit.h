#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "backends/upstream/circuit_breaker.h"
#include "config/base/mutex.h"

namespace headgate::backends {

// A circuit breaker that all workers share. While the circuit is closed and clean no call takes its
// lock. Thread-safe.
class SharedCircuit {
 public:
  // What a request may do: stay away, go ahead, or go ahead as the one probe of a half-open
  // circuit. kFirstProbe is the first probe since the ejection.
  enum class Pass : std::uint8_t { kRefused, kOrdinary, kProbe, kFirstProbe };
  Pass Enter(Clock::time_point now);
  // Returns whether Enter would let a request pass. Takes no lock while the circuit is closed.
  bool Usable(Clock::time_point now) const;

  CircuitChange Succeeded(Clock::time_point now);
  CircuitChange Failed(CircuitBreaker::Failure failure, Clock::time_point now);
  // Ends a probe without a verdict.
  void Abandon();

  CircuitState State(Clock::time_point now) const;
  Clock::time_point NextTry(Clock::time_point now) const;

 private:
  mutable Mutex mutex_;
  CircuitBreaker breaker_ GUARDED_BY(mutex_);
  // Mirrors of the breaker, so that the usual case takes no lock.
  std::atomic<bool> closed_{true};
  std::atomic<bool> clean_{true};  // closed, and no failure counted
};

// For one target, by replica of its backend: whether the replica serves the target's model. Opened
// by rejections of the model (403, 404), which say nothing about the backend's other models.
using ModelCircuits = std::vector<std::shared_ptr<SharedCircuit>>;

}  // namespace headgate::backends
