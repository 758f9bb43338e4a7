#include "backends/upstream/shared_circuit.h"

#include <algorithm>

#include "backends/upstream/slow_start.h"

namespace headgate::backends {
namespace {

std::int64_t Nanoseconds(Clock::time_point time) {
  // At least 1: smaller numbers stand for other phases.
  return std::max<std::int64_t>(std::chrono::nanoseconds(time.time_since_epoch()).count(), 1);
}

}  // namespace

SharedCircuit::Pass SharedCircuit::Enter(Clock::time_point now) {
  if (phase_.load(std::memory_order_relaxed) != kNotClosed) return Pass::kOrdinary;
  MutexLock lock(mutex_);
  if (!breaker_.Allow(now)) return Pass::kRefused;
  if (breaker_.State(now) == CircuitState::kClosed) return Pass::kOrdinary;
  return breaker_.AnnounceProbe() ? Pass::kFirstProbe : Pass::kProbe;
}

bool SharedCircuit::Usable(Clock::time_point now) const {
  if (phase_.load(std::memory_order_relaxed) != kNotClosed) return true;
  MutexLock lock(mutex_);
  return breaker_.WouldAllow(now);
}

bool SharedCircuit::Admits(Clock::time_point now, std::uint32_t divisor) {
  std::int64_t since = phase_.load(std::memory_order_relaxed);
  if (since <= kInUse) return true;
  const std::uint32_t part = SlowStartPart(std::chrono::nanoseconds(Nanoseconds(now) - since));
  if (part == kWholeShare) {
    phase_.compare_exchange_strong(since, kInUse, std::memory_order_relaxed);
    return true;
  }
  const std::uint32_t step = part / divisor;
  const std::uint32_t before = admitted_.fetch_add(step, std::memory_order_relaxed);
  return before / kWholeShare != (before + step) / kWholeShare;
}

void SharedCircuit::StartSlowly(Clock::time_point now) {
  MutexLock lock(mutex_);
  if (breaker_.State(now) != CircuitState::kClosed) return;
  admitted_.store(0, std::memory_order_relaxed);
  phase_.store(Nanoseconds(now), std::memory_order_relaxed);
}

CircuitChange SharedCircuit::Succeeded(Clock::time_point sent, Clock::time_point now) {
  // The usual case: there was no failure, and nothing changes, so no lock is taken.
  if (clean_.load(std::memory_order_relaxed)) return {};
  MutexLock lock(mutex_);
  const CircuitChange change = breaker_.Success(sent, now);
  Note(change, now);
  clean_.store(breaker_.State(now) == CircuitState::kClosed, std::memory_order_relaxed);
  return change;
}

CircuitChange SharedCircuit::Failed(CircuitBreaker::Failure failure, bool probe,
                                    Clock::time_point now) {
  MutexLock lock(mutex_);
  const CircuitChange change = breaker_.Fail(failure, probe, now);
  Note(change, now);
  clean_.store(false, std::memory_order_relaxed);
  return change;
}

void SharedCircuit::Note(const CircuitChange& change, Clock::time_point now) {
  switch (change.kind) {
    case CircuitChange::Kind::kNone:
      return;
    case CircuitChange::Kind::kEjected:
      ++totals_.ejections;
      break;
    case CircuitChange::Kind::kProbeFailed:
      ++totals_.failed_probes;
      break;
    case CircuitChange::Kind::kReturned:
      ++totals_.returns;
      admitted_.store(0, std::memory_order_relaxed);
      phase_.store(Nanoseconds(now), std::memory_order_relaxed);
      return;
  }
  phase_.store(kNotClosed, std::memory_order_relaxed);
}

void SharedCircuit::Abandon() {
  MutexLock lock(mutex_);
  breaker_.Abandon();
}

void SharedCircuit::CheckFailed() {
  MutexLock lock(mutex_);
  breaker_.CheckFailed();
}

bool SharedCircuit::CheckSucceeded(Clock::time_point now) {
  MutexLock lock(mutex_);
  return breaker_.CheckSucceeded(now);
}

bool SharedCircuit::WantsChecks() const {
  if (phase_.load(std::memory_order_relaxed) != kNotClosed) return false;
  MutexLock lock(mutex_);
  return breaker_.WantsChecks();
}

bool SharedCircuit::IsUp() const {
  MutexLock lock(mutex_);
  return breaker_.IsUp();
}

CircuitState SharedCircuit::State(Clock::time_point now) const {
  MutexLock lock(mutex_);
  return breaker_.State(now);
}

Clock::time_point SharedCircuit::NextTry(Clock::time_point now) const {
  if (phase_.load(std::memory_order_relaxed) != kNotClosed) return now;
  MutexLock lock(mutex_);
  return breaker_.NextTry(now);
}

SharedCircuit::Totals SharedCircuit::totals() const {
  MutexLock lock(mutex_);
  return totals_;
}

}  // namespace headgate::backends
