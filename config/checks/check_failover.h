#pragma once

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// What a route says about failures contradicts itself. Pure except for reports into `context`.
void CheckFailover(ReadContext& context, const Config& config);

}  // namespace headgate::config
