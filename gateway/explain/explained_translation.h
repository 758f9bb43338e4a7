#pragma once

#include <boost/json/object.hpp>

#include "config/config.h"
#include "gateway/decide/dry_run.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// Says of each kept target whether the request would be translated for it, into which protocol, and
// which fields would be dropped, or why it cannot be translated: members `translated_into`,
// `dropped` and `untranslatable`. `explanation`: Explain of `result`, which DryRun has made of
// `request`. Pure; not for the hot path.
void AddTranslations(const config::Config& config, const routing::CompiledPolicy& policy,
                     const DryRunRequest& request, const DryRunResult& result,
                     boost::json::object& explanation);

}  // namespace headgate::gateway
