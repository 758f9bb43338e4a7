#include "gateway/cli/plan/traffic/traffic_source.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/cli/plan/traffic/access_log.h"
#include "gateway/recording/traffic.h"

namespace headgate::gateway {
namespace {

std::string BeginningOf(const std::string& path) {
  std::string beginning(16, '\0');
  std::ifstream stream(path, std::ios::binary);
  stream.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  beginning.resize(static_cast<std::size_t>(stream.gcount()));
  return beginning;
}

void AddRecorded(const routing::RecordedRequest& request, ObservedTraffic& traffic) {
  const routing::RecordedPolicy& policy = *request.policy;
  if (policy.rents) {
    for (const routing::BackendRent& rent : *policy.rents) {
      traffic.SetReplicas(rent.backend, rent.replicas);
    }
  }
  const auto number = static_cast<std::size_t>(request.input.classification.request_class);
  for (const routing::RecordedCall& call : request.calls) {
    if (!call.answered) {
      if (call.cost > 0) traffic.AddCost(policy.targets[call.target].name, call.cost);
      continue;
    }
    traffic.Add({.unix_seconds = request.input.unix_seconds,
                 .request_class = policy.classes[number],
                 .target = policy.targets[call.target].name,
                 .usage = call.usage,
                 .ttft_us = call.ttft_us,
                 .cost = call.cost});
  }
}

}  // namespace

absl::StatusOr<TrafficSource> ReadTraffic(
    const std::vector<std::string>& paths,
    const std::function<void(std::uint64_t bytes)>& on_bytes) {
  const absl::StatusOr<std::vector<std::string>> files = TrafficFiles(paths);
  if (!files.ok()) return files.status();
  TrafficSource out;
  out.has_costs = true;
  TrafficReader recordings;
  std::uint64_t malformed = 0;
  for (const std::string& file : *files) {
    if (IsAccessLog(BeginningOf(file))) {
      const absl::StatusOr<AccessLogCounts> counts = ReadAccessLog(file, out.traffic, on_bytes);
      if (!counts.ok()) return counts.status();
      malformed += counts->malformed;
      continue;
    }
    const absl::Status status = recordings.ReadFile(
        file, [&](const routing::RecordedRequest& request) { AddRecorded(request, out.traffic); },
        on_bytes);
    if (!status.ok()) return status;
  }
  malformed += recordings.counts().malformed;
  if (out.traffic.answers() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "no answer was found in the traffic; give a recording (recording.file) or an access log "
        "(server.access_log) of the gateway",
        malformed > 0 ? absl::StrCat("; ", malformed, malformed == 1 ? " line" : " lines",
                                     " could not be read")
                      : ""));
  }
  if (malformed > 0) {
    out.cautions.push_back(absl::StrFormat("%d %s could not be read and %s left out", malformed,
                                           malformed == 1 ? "line" : "lines",
                                           malformed == 1 ? "is" : "are"));
  }
  return out;
}

}  // namespace headgate::gateway
