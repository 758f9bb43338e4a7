#pragma once

#include <string_view>

namespace headgate::gateway {

// The daemon's own log, for the people who run it: JSON lines on standard error, written by a
// thread of its own (spdlog). Not the access log. Thread-safe.
class OperatorLog {
 public:
  // Call once, before any thread starts.
  static void Start();
  // Writes what is waiting.
  static void Stop();

  static void Info(std::string_view message, std::string_view detail = {});
  static void Error(std::string_view message, std::string_view detail = {});

  // Something that a person has to mend, found on the request path: at most one line a second,
  // so that an outage does not fill a disk.
  static void Alert(std::string_view message, std::string_view subject, std::string_view detail);
};

}  // namespace headgate::gateway
