#pragma once

#include <iosfwd>
#include <string>

#include "gateway/recording/traffic.h"
#include "routing/replay.h"

namespace headgate::gateway {

// What `headgate replay` says: a table for people, or JSON in whole nano-dollars and milliseconds
// for programs. `explain` is the command that, with an id behind it, explains one of the requests.
void PrintReplay(const routing::ReplayTotals& totals, const TrafficCounts& counts,
                 const std::string& explain, std::ostream& out);
void PrintReplayJson(const routing::ReplayTotals& totals, const TrafficCounts& counts,
                     const std::string& explain, std::ostream& out);

}  // namespace headgate::gateway
