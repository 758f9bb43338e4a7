#include "backends/upstream/shared_circuit.h"

namespace headgate::backends {

SharedCircuit::Pass SharedCircuit::Enter(Clock::time_point now) {
  if (closed_.load(std::memory_order_relaxed)) return Pass::kOrdinary;
  MutexLock lock(mutex_);
  if (!breaker_.Allow(now)) return Pass::kRefused;
  if (breaker_.State(now) == CircuitState::kClosed) return Pass::kOrdinary;
  return breaker_.AnnounceProbe() ? Pass::kFirstProbe : Pass::kProbe;
}

bool SharedCircuit::Usable(Clock::time_point now) const {
  if (closed_.load(std::memory_order_relaxed)) return true;
  MutexLock lock(mutex_);
  return breaker_.WouldAllow(now);
}

CircuitChange SharedCircuit::Succeeded(Clock::time_point now) {
  // The usual case: there was no failure, and nothing changes, so no lock is taken.
  if (clean_.load(std::memory_order_relaxed)) return {};
  MutexLock lock(mutex_);
  const CircuitChange change = breaker_.Success(now);
  closed_.store(true, std::memory_order_relaxed);
  clean_.store(true, std::memory_order_relaxed);
  return change;
}

CircuitChange SharedCircuit::Failed(CircuitBreaker::Failure failure, Clock::time_point now) {
  MutexLock lock(mutex_);
  const CircuitChange change = breaker_.Fail(failure, now);
  clean_.store(false, std::memory_order_relaxed);
  closed_.store(breaker_.State(now) == CircuitState::kClosed, std::memory_order_relaxed);
  return change;
}

void SharedCircuit::Abandon() {
  MutexLock lock(mutex_);
  breaker_.Abandon();
}

CircuitState SharedCircuit::State(Clock::time_point now) const {
  MutexLock lock(mutex_);
  return breaker_.State(now);
}

Clock::time_point SharedCircuit::NextTry(Clock::time_point now) const {
  if (closed_.load(std::memory_order_relaxed)) return now;
  MutexLock lock(mutex_);
  return breaker_.NextTry(now);
}

}  // namespace headgate::backends
