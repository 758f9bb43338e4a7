#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace headgate::config {

// Looks up an environment variable; injected so that tests need no environment.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment ProcessEnvironment();

// Whether a secret must be there. The daemon cannot do without; what only looks at a configuration
// can: the provider's key is none of its business.
enum class Secrets : std::uint8_t { kRequired, kOptional };

}  // namespace headgate::config
