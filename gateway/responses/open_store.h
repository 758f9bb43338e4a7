#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "config/checks/found_warning.h"
#include "config/config.h"
#include "gateway/responses/response_store.h"

namespace headgate::gateway {

// Opens the store that `config` asks for; null if it asks for none. An error's message is "path:
// problem; fix". Later failures are told by the operator's log.
absl::StatusOr<std::unique_ptr<ResponseStore>> OpenResponseStore(const config::Config& config);

// Warns of a folder of state that the store could not use on this machine, and of one that nothing
// would use. The machine that checks a configuration may be another than the one that runs it.
std::vector<config::FoundWarning> StateWarnings(const config::Config& config);

// Returns the bounds of the store. REQUIRES: config.responses.
StoreBounds BoundsOf(const config::Config& config);

}  // namespace headgate::gateway
