#pragma once

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// Routes and the baseline: names, targets and weights.
void CheckRoutes(ReadContext& context, const Config& config);

}  // namespace headgate::config
