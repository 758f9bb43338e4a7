#pragma once

#include <optional>
#include <string>

#include "config/config.h"
#include "config/reader/read_context.h"

namespace headgate::config {

// Backends: what their hosting asks for, and what they serve.
void CheckBackends(ReadContext& context, const Config& config);

// Reports a `first_byte` in the `timeouts` at `path` that is longer than the `total` beside it.
void CheckFirstByte(ReadContext& context, const std::optional<Milliseconds>& first_byte,
                    Milliseconds total, const std::string& path);

}  // namespace headgate::config
