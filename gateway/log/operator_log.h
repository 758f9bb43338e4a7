#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "config/base/mutex.h"

namespace headgate::gateway {

// Lets a message about the same subject pass once a minute, so that an outage does not fill a disk.
// Thread-safe. A leaf: nothing is called under its mutex.
class AlertLimit {
 public:
  using Clock = std::chrono::steady_clock;
  bool Allow(std::string_view message, std::string_view subject, Clock::time_point now)
      EXCLUDES_LOCK(mutex_);

 private:
  Mutex mutex_;
  absl::flat_hash_map<std::string, Clock::time_point> last_ GUARDED_BY(mutex_);
};

// The daemon's own log, for its operators: JSON lines on standard error, written by a thread of its
// own (spdlog). It is not the access log. Lines that cannot be written are lost, like those of
// other logs (docs/decisions/0043); the log says how many once it is written again. Thread-safe.
class OperatorLog {
 public:
  // Call once, before any thread starts.
  static void Start();
  // Writes the waiting lines. Returns false if nobody has read them for a second: its thread still
  // waits for a reader, so the process has to end by std::_Exit. Lines that come later are dropped.
  static bool Stop();
  // Lines that were lost since the start: they could not be written, or nobody read fast enough.
  static std::uint64_t dropped_lines();

  static void Info(std::string_view message, std::string_view detail = {});
  static void Error(std::string_view message, std::string_view detail = {});

  enum class Level : std::uint8_t { kInfo, kWarning };
  // A member of a line: a text, or a number. An empty text is left out.
  struct Field {
    std::string_view name;
    std::string_view text;
    std::optional<std::int64_t> number = std::nullopt;
  };
  static void Event(Level level, std::string_view message, std::initializer_list<Field> fields);

  // Reports something that a person has to repair, found on the request path: at most one line a
  // minute for each message and subject.
  static void Alert(std::string_view message, std::string_view subject, std::string_view detail);
};

}  // namespace headgate::gateway
