#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "gateway/recording/traffic.h"
#include "routing/replay/replay.h"

namespace headgate::gateway {

// `--replicas gpu=3`: a number of replicas that replaces the configured number.
struct ReplicaChange {
  std::string backend;
  std::int64_t from = 0;
  std::int64_t to = 0;
};

// The results of `headgate replay`.
struct ReplayReport {
  routing::ReplayTotals totals;
  TrafficCounts counts;
  std::vector<ReplicaChange> replicas;
  std::string explain;  // the command that explains one of the requests; its id is appended
};

// Prints the report as tables for people, or as JSON in whole nano-dollars and milliseconds for
// programs.
void PrintReplay(const ReplayReport& report, std::ostream& out);
void PrintReplayJson(const ReplayReport& report, std::ostream& out);

// Prints a part of the tables: dollars a day and a month, their basis, and what they do not
// include.
void PrintReplayBill(const ReplayReport& report, std::ostream& out);

// Returns reasons to doubt the amounts of a day and a month, the decisions or the times; empty if
// there are none.
std::vector<std::string> ReplayCautions(const routing::ReplayTotals& totals);

// Formats an exact amount, with all nine decimals.
std::string ReplayUsd(NanoUsd nanos);

}  // namespace headgate::gateway
