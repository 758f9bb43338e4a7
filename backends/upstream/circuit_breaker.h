#pragma once

#include <chrono>
#include <cstdint>

namespace headgate::backends {

using Clock = std::chrono::steady_clock;

enum class CircuitState : std::uint8_t { kClosed, kOpen, kHalfOpen };

// What a verdict changed, for the operator's log. Each change is reported to one caller only.
struct CircuitChange {
  enum class Kind : std::uint8_t {
    kNone,
    kEjected,      // it was in use
    kProbeFailed,  // it was ejected, and is ejected again
    kReturned,     // it is in use again
  };
  Kind kind = Kind::kNone;
  std::chrono::nanoseconds time{0};  // how long the ejection lasts, or has lasted
};

// Passive health of one replica. It is ejected after 5 consecutive failures, or at once on a
// connect failure or if a stream is silent until the first-token timeout. An ejection lasts 30 s x
// n, up to 300 s. The circuit is then half-open with one probe, and a success closes it. A caller's
// mistake (4xx but 408/409/429) is not a failure. Sans-I/O: `now` is passed in. Not thread-safe by
// itself (ReplicaSet guards it).
class CircuitBreaker {
 public:
  enum class Failure : std::uint8_t { kTransient, kDead };  // kDead ejects at once
  // Returns whether a request may be sent now. Turns an expired ejection half-open; then only one
  // caller gets true.
  bool Allow(Clock::time_point now);
  // Returns the same without taking the place of the probe.
  bool WouldAllow(Clock::time_point now) const;
  CircuitChange Success(Clock::time_point now);
  CircuitChange Fail(Failure failure, Clock::time_point now);
  // Ends a half-open probe without a verdict (the client left): the next caller may probe.
  void Abandon();
  CircuitState State(Clock::time_point now) const;
  // Returns when a request may be sent again: the end of the ejection, or `now`.
  Clock::time_point NextTry(Clock::time_point now) const;
  // Returns whether the running probe is the first since the ejection; true once for each ejection.
  // Probes that follow an abandoned probe need not be reported.
  bool AnnounceProbe();

 private:
  int consecutive_failures_ = 0;
  int ejections_ = 0;
  bool open_ = false;
  bool probing_ = false;
  bool announced_ = false;
  Clock::time_point open_until_{};
  Clock::time_point open_since_{};  // of the first ejection since the last success
};

}  // namespace headgate::backends
