#include "backends/upstream/circuit_breaker.h"

#include <algorithm>

namespace headgate::backends {
namespace {

constexpr int kFailuresToEject = 5;
constexpr std::chrono::seconds kEjection(30);
constexpr std::chrono::seconds kLongestEjection(300);

}  // namespace

bool CircuitBreaker::Allow(Clock::time_point now) {
  if (!WouldAllow(now)) return false;
  probing_ = open_;
  return true;
}

bool CircuitBreaker::WouldAllow(Clock::time_point now) const {
  return !open_ || (now >= open_until_ && !probing_);
}

CircuitChange CircuitBreaker::Success(Clock::time_point now) {
  CircuitChange change;
  if (open_) change = {CircuitChange::Kind::kReturned, now - open_since_};
  consecutive_failures_ = 0;
  ejections_ = 0;
  open_ = false;
  probing_ = false;
  return change;
}

CircuitChange CircuitBreaker::Fail(Failure failure, Clock::time_point now) {
  // A request that began before the ejection and fails during it gives no new information.
  if (open_ && !probing_) return {};
  ++consecutive_failures_;
  const bool probe_failed = open_;
  if (!probe_failed && failure == Failure::kTransient && consecutive_failures_ < kFailuresToEject) {
    return {};
  }
  if (!probe_failed) open_since_ = now;
  open_ = true;
  probing_ = false;
  announced_ = false;
  consecutive_failures_ = 0;
  ++ejections_;
  const std::chrono::seconds length = std::min(kEjection * ejections_, kLongestEjection);
  open_until_ = now + length;
  return {probe_failed ? CircuitChange::Kind::kProbeFailed : CircuitChange::Kind::kEjected, length};
}

void CircuitBreaker::Abandon() { probing_ = false; }

CircuitState CircuitBreaker::State(Clock::time_point now) const {
  if (!open_) return CircuitState::kClosed;
  return now < open_until_ ? CircuitState::kOpen : CircuitState::kHalfOpen;
}

Clock::time_point CircuitBreaker::NextTry(Clock::time_point now) const {
  return open_ ? std::max(now, open_until_) : now;
}

bool CircuitBreaker::AnnounceProbe() {
  const bool first = probing_ && !announced_;
  announced_ = announced_ || first;
  return first;
}

}  // namespace headgate::backends
