// What the server's options mean for one request: how it may continue an answer, its faults, and
// its place within the limits. *worker-bound*
#pragma once

#include <cstdint>
#include <string>

#include "loadtest/sim/faults/fault.h"
#include "loadtest/sim/replica/options.h"
#include "loadtest/sim/replica/replica.h"
#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// Returns how requests continue an answer here: as --prefill says, or as the personality does.
Prefill PrefillOf(const Options& options);

// Returns what the body's `priority` does here.
PriorityUse PriorityUseOf(const Options& options);

// Reads the faults of a request and counts it. `text` is what the request asks for. If it asks for
// nothing, it gets the first fault of the server that strikes.
FaultResult FaultsOf(const Options& options, Replica& replica, const std::string& text);

// Takes a request of `tokens` tokens from the limits of the provider. Returns the header lines
// about them; without limits there are none. A request that goes beyond them gets the fault of a
// 429.
std::string KeepLimits(Replica& replica, std::int64_t tokens, Fault& fault);

}  // namespace headgate::loadtest::sim
