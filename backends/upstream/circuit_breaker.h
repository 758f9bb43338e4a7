#pragma once

#include <chrono>
#include <cstdint>

#include "config/base/split_mix.h"

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

// Health of one replica. It is ejected after 5 consecutive failures, or at once on a connect
// failure or if a stream is silent until the first-token timeout. An ejection lasts 5 s, then 10 s,
// then 20 s, each shortened by up to a fifth, so that replicas and gateways do not return in step.
// The circuit is then half-open with one probe, and a success closes it. A replica that is ejected
// again within its slow start continues the row of lengths. A caller's mistake (4xx but
// 408/409/429) is not a failure.
//
// Active checks end an ejection early if they show a change: one has failed since the ejection
// began, and a later one succeeds. A replica that answers checks all the time while requests fail
// stays ejected for kShortestEjection at least. So at most three requests in 10 s reach it.
//
// Sans-I/O: `now` is passed in, and randomness comes from the seed. Not thread-safe by itself
// (SharedCircuit guards it).
class CircuitBreaker {
 public:
  enum class Failure : std::uint8_t { kTransient, kDead };  // kDead ejects at once

  static constexpr std::chrono::seconds kFirstEjection{5};
  static constexpr std::chrono::seconds kLongestEjection{20};
  static constexpr std::chrono::seconds kShortestEjection{4};  // kFirstEjection, shortened most

  explicit CircuitBreaker(std::uint64_t seed = 0) : random_(seed) {}

  // Returns whether a request may be sent now. Turns an expired ejection half-open; then only one
  // caller gets true.
  bool Allow(Clock::time_point now);
  // Returns the same without taking the place of the probe.
  bool WouldAllow(Clock::time_point now) const;

  // A request succeeded that was sent at `sent`. If that was before the ejection began, it says
  // nothing about requests that are sent now, and changes nothing.
  CircuitChange Success(Clock::time_point sent, Clock::time_point now);
  // `probe`: it is the request that Allow let through while the circuit was half-open.
  CircuitChange Fail(Failure failure, bool probe, Clock::time_point now);
  // Ends a half-open probe without a verdict (the client left): the next caller may probe.
  void Abandon();

  // Results of active checks. CheckSucceeded returns whether it ended the ejection: the circuit is
  // then half-open.
  void CheckFailed();
  bool CheckSucceeded(Clock::time_point now);
  // Returns whether active checks can still change something: no request has succeeded since the
  // ejection, and no check has found that the replica is back.
  bool WantsChecks() const { return open_ && !found_well_; }
  // Returns whether the replica is in use, or would be if a request came.
  bool IsUp() const { return !open_ || found_well_; }

  CircuitState State(Clock::time_point now) const;
  // Returns when a request may be sent again: the end of the ejection, or `now`.
  Clock::time_point NextTry(Clock::time_point now) const;
  // Returns whether the running probe is the first since the ejection; true once for each ejection.
  // Probes that follow an abandoned probe need not be reported.
  bool AnnounceProbe();

 private:
  std::chrono::nanoseconds NextLength();

  config::SplitMix64 random_;
  int consecutive_failures_ = 0;
  int ejections_ = 0;  // in a row
  bool open_ = false;
  bool probing_ = false;
  bool announced_ = false;
  bool seen_down_ = false;   // an active check has failed since the ejection began
  bool found_well_ = false;  // a check has ended this ejection, or has succeeded after its end
  Clock::time_point ejected_at_{};
  Clock::time_point open_until_{};
  Clock::time_point open_since_{};  // of the first ejection since the last success
  Clock::time_point returned_at_{};
};

}  // namespace headgate::backends
