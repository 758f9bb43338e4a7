#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/config.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// What `policy`, compiled from `config`, decides about the recorded request of this id, with the
// load, session, time and seed of its moment, as Explain says it; `recorded` beside it is what was
// decided then, and `note` what the record cannot tell. kNotFound: no such request, or nothing to
// read; kFailedPrecondition: its key is none of this policy's.
absl::StatusOr<boost::json::object> ExplainRecorded(const config::Config& config,
                                                    const routing::CompiledPolicy& policy,
                                                    const std::string& id,
                                                    const std::vector<std::string>& traffic);

// The command that asks for it; the id goes behind.
std::string ExplainRecordedCommand(const std::string& config,
                                   const std::vector<std::string>& traffic);

}  // namespace headgate::gateway
