#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/config.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// Returns what `policy`, compiled from `config`, decides about the recorded request of this id, in
// the form of Explain, with the load, session, time and seed of its moment. `recorded` has the
// decision of that time, and `note` says what the record does not hold. Returns kNotFound if there
// is no such request, or nothing to read, and kFailedPrecondition if this policy does not have its
// key.
absl::StatusOr<boost::json::object> ExplainRecorded(const config::Config& config,
                                                    const routing::CompiledPolicy& policy,
                                                    const std::string& id,
                                                    const std::vector<std::string>& traffic);

// Returns the command that asks for such an explanation; the id is appended to the command.
std::string ExplainRecordedCommand(const std::string& config,
                                   const std::vector<std::string>& traffic);

}  // namespace headgate::gateway
