#pragma once

#include "config/config.h"
#include "routing/policy/policy.h"

namespace headgate::routing {

// Checks a `require` against every target of `policy`. `config` has the rows of models and
// backends. Pure; not for the hot path.
CompiledRequire CompileRequire(const config::Require& require, const config::Config& config,
                               const CompiledPolicy& policy);

// Whether these prices comply with the limits on prices of `require`. Pure.
bool PriceHolds(const config::Require& require, const TokenPrices& prices);

// Drops the paid targets without a price, on every level of relaxing.
void DropUnpriced(absl::Span<const Target> targets, CompiledRequire& require);

}  // namespace headgate::routing
