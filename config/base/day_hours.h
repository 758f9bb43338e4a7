#pragma once

#include <cstdint>

namespace headgate::config {

inline constexpr int kMinutesADay = 24 * 60;

// Hours of every day, in UTC. The end is exclusive. Hours whose end is before their beginning run
// over midnight.
struct DayHours {
  int from_minute = 0;  // of the day, 0..1440
  int to_minute = 0;

  // `minute`: of the day, 0..1439.
  constexpr bool Covers(std::int64_t minute) const {
    const bool begun = minute >= from_minute;
    const bool over = minute >= to_minute;
    return from_minute < to_minute ? begun && !over : begun || !over;
  }
  // Returns how many minutes of a day they are.
  constexpr int Minutes() const {
    const int minutes = to_minute - from_minute;
    return minutes > 0 ? minutes : minutes + kMinutesADay;
  }
};

// Returns the minute of the day in UTC. Seconds since 1970.
constexpr std::int64_t MinuteOfDay(std::int64_t unix_seconds) {
  constexpr std::int64_t kSecondsADay = std::int64_t{kMinutesADay} * 60;
  return (unix_seconds % kSecondsADay + kSecondsADay) % kSecondsADay / 60;
}

}  // namespace headgate::config
