#pragma once

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// What no single value can say of itself: references, duplicates, combinations. Each check reports
// into `context`, and keeps quiet where the reader has already reported the cause. Stateless.

void CheckServer(ReadContext& context, const Config& config);  // check_server.cc
// What the daemon writes is a file of its own.
void CheckOutputs(ReadContext& context, const Config& config);   // check_outputs.cc
void CheckBackends(ReadContext& context, const Config& config);  // check_backends.cc
void CheckRoutes(ReadContext& context, const Config& config);    // check_routes.cc

// Conditions, requirements, classes, teams and scores: what they name exists, and what they compare
// can hold.
void CheckLanguage(ReadContext& context, const Config& config);  // check_language.cc
void CheckTests(ReadContext& context, const Config& config);     // check_tests.cc

// Models, aliases and keys. A built-in alias gives way to an operator's name that is the same, so
// that each name a client can send means one thing.
void CheckNames(ReadContext& context, Config& config);  // check_names.cc

// What `next` changes that the daemon which runs with `running` cannot change without a restart.
void CheckRestart(ReadContext& context, const Config& running,
                  const Config& next);  // check_restart.cc

}  // namespace headgate::config
