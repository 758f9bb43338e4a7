#pragma once

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// What no single value can say about itself: references, duplicates and combinations. Runs every
// check of this folder but CheckRestart. Each check reports into `context`, and stays quiet where
// the reader has reported the cause already. Stateless.
void CheckConfiguration(ReadContext& context, Config& config);

}  // namespace headgate::config
