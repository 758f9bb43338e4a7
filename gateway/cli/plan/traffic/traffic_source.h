#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/cli/plan/traffic/observed_traffic.h"

namespace headgate::gateway {

struct TrafficSource {
  ObservedTraffic traffic;
  std::vector<std::string> cautions;  // what was not read
  bool has_ttft = true;               // it says when first tokens came
  bool has_costs = false;             // it says what was booked
};

// Reads recordings and access logs, files or folders as `headgate replay` takes them. Returns an
// error that says what to write if a file cannot be read, or if no answer was found.
absl::StatusOr<TrafficSource> ReadTraffic(const std::vector<std::string>& paths,
                                          const std::function<void(std::uint64_t bytes)>& on_bytes);

}  // namespace headgate::gateway
