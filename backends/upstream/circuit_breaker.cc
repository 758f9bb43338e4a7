#include "backends/upstream/circuit_breaker.h"

#include <algorithm>

#include "backends/upstream/slow_start.h"

namespace headgate::backends {
namespace {

constexpr int kFailuresToEject = 5;

}  // namespace

bool CircuitBreaker::Allow(Clock::time_point now) {
  if (!WouldAllow(now)) return false;
  probing_ = open_;
  return true;
}

bool CircuitBreaker::WouldAllow(Clock::time_point now) const {
  return !open_ || (now >= open_until_ && !probing_);
}

CircuitChange CircuitBreaker::Success(Clock::time_point sent, Clock::time_point now) {
  if (!open_) {
    consecutive_failures_ = 0;
    return {};
  }
  if (sent < ejected_at_) return {};
  const CircuitChange change{CircuitChange::Kind::kReturned, now - open_since_};
  consecutive_failures_ = 0;
  open_ = false;
  probing_ = false;
  returned_at_ = now;
  return change;
}

CircuitChange CircuitBreaker::Fail(Failure failure, bool probe, Clock::time_point now) {
  // A request that began before the ejection, or beside the probe, gives no new information.
  if (open_ && !(probe && probing_)) return {};
  ++consecutive_failures_;
  const bool probe_failed = open_;
  if (!probe_failed && failure == Failure::kTransient && consecutive_failures_ < kFailuresToEject) {
    return {};
  }
  if (!probe_failed) {
    open_since_ = now;
    if (ejections_ > 0 && now - returned_at_ >= kSlowStartTime) ejections_ = 0;
  }
  open_ = true;
  probing_ = false;
  announced_ = false;
  seen_down_ = false;
  found_well_ = false;
  consecutive_failures_ = 0;
  ejected_at_ = now;
  const std::chrono::nanoseconds length = NextLength();
  open_until_ = now + length;
  return {probe_failed ? CircuitChange::Kind::kProbeFailed : CircuitChange::Kind::kEjected, length};
}

std::chrono::nanoseconds CircuitBreaker::NextLength() {
  std::chrono::nanoseconds full = kFirstEjection;
  for (int i = 0; i < ejections_ && full < kLongestEjection; ++i) full *= 2;
  full = std::min<std::chrono::nanoseconds>(full, kLongestEjection);
  ++ejections_;
  constexpr int kBits = 16;
  const auto part = static_cast<std::int64_t>(random_.Next() >> (64 - kBits));
  return full - full / 5 * part / (std::int64_t{1} << kBits);
}

void CircuitBreaker::Abandon() { probing_ = false; }

void CircuitBreaker::CheckFailed() { seen_down_ = open_; }

bool CircuitBreaker::CheckSucceeded(Clock::time_point now) {
  if (!open_) return false;
  const bool expired = now >= open_until_;
  if (!expired && !seen_down_ && now - ejected_at_ < kShortestEjection) return false;
  found_well_ = true;
  open_until_ = std::min(open_until_, now);
  return !expired;
}

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
