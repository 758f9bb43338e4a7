// Outages of one replica on a schedule. *worker-bound*
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadtest/sim/base/clock.h"

namespace headgate::loadtest::sim {

// What a client meets during an outage. Every kind but kUnavailable breaks the answers that are
// being written: a process that is gone cuts them, a hung process stops in their middle.
enum class OutageKind {
  kRefuse,       // nobody listens; open connections are reset
  kReset,        // connections are accepted and reset
  kUnavailable,  // HTTP 503, also from the health page; answers that have begun go on
  kSilence,      // requests are read and counted, and never answered
  kHalfOpen      // the kernel accepts connections; nothing is read from them
};
constexpr std::array<std::string_view, 5> kOutageNames{"refuse", "reset", "503", "silence",
                                                       "half_open"};

inline std::string_view NameOf(OutageKind kind) {
  return kOutageNames.at(static_cast<std::size_t>(kind));
}

// `FROM-TO[:KIND]`, such as `10s-70s:503`, in time from the start of the schedule.
struct Outage {
  OutageKind kind = OutageKind::kRefuse;
  Nanoseconds from{0};
  Nanoseconds to{0};
};

// Returns nullopt unless TO is behind FROM and KIND, if there is one, is one of kOutageNames.
std::optional<Outage> ParseOutage(std::string_view text);

class OutageSchedule {
 public:
  // Adds `outage`, whose times count from `start`. Outages that overlap: the one added first
  // counts.
  void Add(const Outage& outage, TimePoint start);

  // Returns the kind of the outage at `now`, or nullopt.
  std::optional<OutageKind> At(TimePoint now) const;
  // Returns the end of the outage at `now`. REQUIRES: there is one.
  TimePoint EndAt(TimePoint now) const;
  // Returns the first moment behind `now` at which an outage begins or ends, or nullopt.
  std::optional<TimePoint> NextChange(TimePoint now) const;
  // Returns the last end of an outage that is not behind `now`, or nullopt.
  std::optional<TimePoint> LastEnd(TimePoint now) const;

 private:
  struct Span {
    OutageKind kind;
    TimePoint from;
    TimePoint to;
  };
  const Span* Find(TimePoint now) const;

  std::vector<Span> spans_;
};

// How slow a replica is after its start and after each outage: its delays are `factor` times as
// long at first, and fall evenly to their usual length over `span`.
struct SlowStart {
  Nanoseconds span{0};
  double factor = 1;

  // Returns the factor `age` after the start.
  double At(Nanoseconds age) const;
};

// Reads `D,F`, such as `10s,4`. Returns nullopt unless D is longer than zero and F at least 1.
std::optional<SlowStart> ParseSlowStart(std::string_view text);

}  // namespace headgate::loadtest::sim
