#pragma once

#include "config/config.h"
#include "config/reading.h"

namespace headgate::config {

// What no single value can say of itself: references, duplicates, combinations. Each check reports
// into `reading`, and keeps quiet where the reader has already reported the cause. Stateless.

void CheckServer(Reading& reading, const Config& config);    // check_server.cc
void CheckBackends(Reading& reading, const Config& config);  // check_backends.cc
void CheckRoutes(Reading& reading, const Config& config);    // check_routes.cc

// Models, aliases and keys. A built-in alias gives way to an operator's name that is the same, so
// that each name a client can send means one thing.
void CheckNames(Reading& reading, Config& config);  // check_names.cc

}  // namespace headgate::config
