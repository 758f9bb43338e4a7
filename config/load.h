#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace headgate::config {

// One thing that is wrong, and what to write instead.
struct Diagnostic {
  Place place;
  std::string path;     // "backends.gpu.slots", "routes[2].when.class"
  std::string problem;  // "is a list"
  std::string fix;      // "write a number >= 1, e.g. slots: 48"
};

// `file:line: path: problem; fix`
std::string ToString(const Diagnostic& diagnostic);

// Looks up an environment variable; injected so that tests need no environment.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment ProcessEnvironment();

struct LoadResult {
  std::optional<Config> config;         // only when there is no diagnostic
  std::vector<Diagnostic> diagnostics;  // every problem found, in file and line order
};

// Reads one YAML file over the embedded catalogue. Relative paths inside (ca, tls, file: secrets)
// are relative to the file's folder. Never throws; thread-safe.
LoadResult LoadFile(const std::string& path, const Environment& environment);

// The same for a text that is already in memory; `name` is what diagnostics call it.
LoadResult LoadText(std::string_view text, const std::string& name, const Environment& environment);

}  // namespace headgate::config
