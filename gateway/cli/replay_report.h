#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "gateway/recording/traffic.h"
#include "routing/replay/replay.h"

namespace headgate::gateway {

// `--replicas gpu=3`: another number of replicas than the configuration has.
struct ReplicaChange {
  std::string backend;
  std::int64_t from = 0;
  std::int64_t to = 0;
};

// What `headgate replay` has found out.
struct ReplayReport {
  routing::ReplayTotals totals;
  TrafficCounts counts;
  std::vector<ReplicaChange> replicas;
  std::string explain;  // the command that, with an id behind it, explains one of the requests
};

// The report as tables for people, or as JSON in whole nano-dollars and milliseconds for programs.
void PrintReplay(const ReplayReport& report, std::ostream& out);
void PrintReplayJson(const ReplayReport& report, std::ostream& out);

// A part of the tables: dollars a day and a month, what they stand on, and what is not in them.
void PrintReplayBill(const ReplayReport& report, std::ostream& out);

// What to know before one trusts amounts of a day and a month; empty: nothing.
std::vector<std::string> ReplayCautions(const routing::ReplayTotals& totals);

// Exact, with all nine decimals.
std::string ReplayUsd(NanoUsd nanos);

}  // namespace headgate::gateway
