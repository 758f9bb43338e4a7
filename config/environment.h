#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace headgate::config {

// Looks up an environment variable; injected so that tests need no environment.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment ProcessEnvironment();

// Whether a missing secret is a mistake. The daemon needs every secret. Commands that only look at
// a configuration need none.
enum class Secrets : std::uint8_t { kRequired, kOptional };

}  // namespace headgate::config
