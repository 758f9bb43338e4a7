#pragma once

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// Backends: what their hosting asks for, and what they serve.
void CheckBackends(ReadContext& context, const Config& config);

}  // namespace headgate::config
