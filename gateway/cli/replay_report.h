#pragma once

#include <iosfwd>

#include "gateway/recording/traffic.h"
#include "routing/replay.h"

namespace headgate::gateway {

// What `headgate replay` says: a table for people, or JSON in whole nano-dollars and milliseconds
// for programs.
void PrintReplay(const routing::ReplayTotals& totals, const TrafficCounts& counts,
                 std::ostream& out);
void PrintReplayJson(const routing::ReplayTotals& totals, const TrafficCounts& counts,
                     std::ostream& out);

}  // namespace headgate::gateway
