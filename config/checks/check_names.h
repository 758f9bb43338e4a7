#pragma once

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// Models, aliases and keys: each name that a client can send means one thing. A built-in alias
// gives way to the same name of an operator, and is removed from `config`.
void CheckNames(ReadContext& context, Config& config);

}  // namespace headgate::config
