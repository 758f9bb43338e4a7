#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace headgate::policy {

// Says whether the wall clock is believed when it says that days of the ledger are too old. A clock
// that is wrong when a machine starts would make all of them too old, and what is removed is gone.
//
// The clock is believed if its day is at most kUsualGap days after the last day on which it was
// believed, or after it has run beside the steady clock for kProbation without being set. So a
// ledger that nobody has used for weeks only waits for an hour, and a machine has that hour to ask
// for the time. Pure but for what it has seen; thread-compatible.
class ClockWatch {
 public:
  static constexpr std::int64_t kUsualGap = 7;  // days
  static constexpr std::chrono::hours kProbation{1};
  // A clock that differs more from the steady clock than before was set.
  static constexpr std::chrono::minutes kSet{1};

  // `believed`: the last day (UTC, since 1970) on which the clock was believed, or the newest day
  // of the ledger. nullopt: the ledger has nothing to lose.
  explicit ClockWatch(std::optional<std::int64_t> believed) : believed_(believed) {}

  struct Reading {
    std::int64_t wall = 0;  // milliseconds since 1970
    std::chrono::milliseconds steady{0};
  };
  struct Finding {
    bool believed = false;
    std::chrono::milliseconds set_by{0};  // since the reading before; 0: it was not set
  };
  // Looks at both clocks. `reading` is not before the reading of the last call by the steady clock.
  Finding Look(const Reading& reading);

 private:
  std::optional<std::int64_t> believed_;
  std::optional<std::int64_t> ahead_;             // of the steady clock, in milliseconds
  std::chrono::milliseconds unchanged_since_{0};  // by the steady clock
};

}  // namespace headgate::policy
