#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "gateway/cli/plan/traffic/observed_traffic.h"

namespace headgate::gateway {

struct AccessLogCounts {
  std::uint64_t answers = 0;
  std::uint64_t others = 0;     // requests without an answer: refused, failed, or not about a model
  std::uint64_t malformed = 0;  // lines
};

// Whether a file that begins so is an access log of the gateway (gateway/accounting writes it).
bool IsAccessLog(std::string_view beginning);

// Reads an access log line by line into `traffic`. Returns kNotFound if the file cannot be read.
absl::StatusOr<AccessLogCounts> ReadAccessLog(
    const std::string& path, ObservedTraffic& traffic,
    const std::function<void(std::uint64_t bytes)>& on_bytes);

// Reads one line. Returns false if it is not a line of an access log; then nothing changes.
bool ReadAccessLine(std::string_view line, ObservedTraffic& traffic, AccessLogCounts& counts);

}  // namespace headgate::gateway
