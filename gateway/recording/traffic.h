#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/recording/record_reader.h"
#include "routing/replay/recorded.h"

namespace headgate::gateway {

// Returns the files that `paths` mean: the files themselves, and for a folder the files whose names
// have ".jsonl" in them, in the order of their names. Rotated files of one recording are put
// together, the oldest first, in whatever order they were given. kNotFound names a file that is
// missing; kInvalidArgument names a file that is given twice.
absl::StatusOr<std::vector<std::string>> TrafficFiles(const std::vector<std::string>& paths);

struct TrafficCounts {
  std::uint64_t requests = 0;
  std::uint64_t malformed = 0;      // lines
  std::uint64_t other_version = 0;  // policy lines of another version; their requests are malformed
};

// Reads recordings, a few megabytes at a time. Thread-compatible.
class TrafficReader {
 public:
  using OnRequest = std::function<void(const routing::RecordedRequest&)>;
  using OnBytes = std::function<void(std::uint64_t bytes)>;  // bytes read since the last call

  // Returns kInvalidArgument if the file is compressed, or is not a recording.
  absl::Status ReadFile(const std::string& path, const OnRequest& on_request,
                        const OnBytes& on_bytes);
  const TrafficCounts& counts() const { return counts_; }

 private:
  std::size_t ReadLines(std::size_t size, const OnRequest& on_request);

  RecordReader reader_;
  std::string buffer_;
  TrafficCounts counts_;
};

}  // namespace headgate::gateway
