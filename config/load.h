#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/diagnostic.h"
#include "config/environment.h"

namespace headgate::config {

struct LoadResult {
  std::optional<Config> config;         // only when there is no diagnostic
  std::vector<Diagnostic> diagnostics;  // every problem found, in file and line order
  // Secrets that are not there, with Secrets::kOptional; a word that is none stands in for each.
  std::vector<Diagnostic> missing_secrets;
  // What was read, or would have been had it been there: the file itself, what it includes,
  // certificates, secrets. A change of any of them is a change of the configuration.
  std::vector<std::string> files;
};

// Reads one YAML file, and what it includes, over the embedded catalogue. Relative paths inside
// (ca, tls, file: secrets, include) are relative to the folder of the file that says them. With
// `running`, which is to be replaced while it serves, what takes a restart to change is a problem
// too. Never throws; thread-safe.
LoadResult LoadFile(const std::string& path, const Environment& environment,
                    const Config* running = nullptr, Secrets secrets = Secrets::kRequired);

// The same for a text that is already in memory; `name` is what diagnostics call it.
LoadResult LoadText(std::string_view text, const std::string& name, const Environment& environment,
                    const Config* running = nullptr, Secrets secrets = Secrets::kRequired);

}  // namespace headgate::config
