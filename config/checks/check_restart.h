#pragma once

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// What `next` changes although the daemon that runs with `running` cannot change it without a
// restart.
void CheckRestart(ReadContext& context, const Config& running, const Config& next);

}  // namespace headgate::config
