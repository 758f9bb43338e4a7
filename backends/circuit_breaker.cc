#include "backends/circuit_breaker.h"

#include <algorithm>

namespace headgate::backends {
namespace {

constexpr int kFailuresToEject = 5;
constexpr std::chrono::seconds kEjection(30);
constexpr std::chrono::seconds kLongestEjection(300);

}  // namespace

bool CircuitBreaker::Allow(Clock::time_point now) {
  if (!open_) return true;
  if (now < open_until_ || probing_) return false;
  probing_ = true;
  return true;
}

void CircuitBreaker::Success(Clock::time_point) {
  consecutive_failures_ = 0;
  ejections_ = 0;
  open_ = false;
  probing_ = false;
}

void CircuitBreaker::Fail(Failure failure, Clock::time_point now) {
  // A request that began before the ejection and fails during it says nothing new.
  if (open_ && !probing_) return;
  ++consecutive_failures_;
  const bool probe_failed = open_;
  if (!probe_failed && failure == Failure::kTransient && consecutive_failures_ < kFailuresToEject) {
    return;
  }
  open_ = true;
  probing_ = false;
  consecutive_failures_ = 0;
  ++ejections_;
  open_until_ = now + std::min(kEjection * ejections_, kLongestEjection);
}

void CircuitBreaker::Abandon() { probing_ = false; }

CircuitState CircuitBreaker::State(Clock::time_point now) const {
  if (!open_) return CircuitState::kClosed;
  return now < open_until_ ? CircuitState::kOpen : CircuitState::kHalfOpen;
}

}  // namespace headgate::backends
