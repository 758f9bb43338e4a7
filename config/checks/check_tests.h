#pragma once

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// Policy tests: they expect something, and the names in them exist.
void CheckTests(ReadContext& context, const Config& config);

}  // namespace headgate::config
