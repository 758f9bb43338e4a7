#pragma once

#include <chrono>
#include <cstdint>

namespace headgate::backends {

using Clock = std::chrono::steady_clock;

enum class CircuitState : std::uint8_t { kClosed, kOpen, kHalfOpen };

// Passive health of one replica: ejected after 5 consecutive failures, or at once on a connect
// failure or a stream's silence until the first-token timeout; for 30 s x n up to 300 s; then
// half-open with one probe; a success closes it. A caller's mistake (4xx but 408/409/429) is no
// failure. Sans-I/O: `now` comes in. Not thread-safe by itself (ReplicaSet guards it).
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

}  // namespace headgate::backends
