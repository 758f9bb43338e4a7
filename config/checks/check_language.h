#pragma once

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// Conditions, requirements, classes, teams and scores: the names in them exist, and their
// comparisons can hold.
void CheckLanguage(ReadContext& context, const Config& config);

}  // namespace headgate::config
