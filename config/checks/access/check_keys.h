#pragma once

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// Keys: their names and digests differ, and what they may use exists. Stateless.
void CheckKeys(ReadContext& context, const Config& config);

}  // namespace headgate::config
