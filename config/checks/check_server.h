#pragma once

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// Addresses, authentication, and the files that the daemon writes: each is a file of its own, and
// none is read as configuration.
void CheckServer(ReadContext& context, const Config& config);

}  // namespace headgate::config
