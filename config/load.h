#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/diagnostic.h"
#include "config/environment.h"

namespace headgate::config {

struct YamlNode;
// A configuration as it is written, with included files in their places.
using WrittenConfig = std::shared_ptr<const YamlNode>;

struct LoadResult {
  std::optional<Config> config;         // only without diagnostics
  WrittenConfig written;                // null if it could not be parsed
  std::vector<Diagnostic> diagnostics;  // every problem found, in file and line order
  // Missing secrets (Secrets::kOptional only). The configuration holds the placeholder "not-set"
  // for each.
  std::vector<Diagnostic> missing_secrets;
  // Every file that the configuration depends on, read or missing: the file itself, included files,
  // certificates, secrets. A change of any of them is a change of the configuration.
  std::vector<std::string> files;
};

// Reads a YAML file and the files that it includes, on top of the shipped catalogue. Paths in it
// (ca, tls, file: secrets, include) are relative to the folder of the file that has them. With
// `running`, the configuration that a daemon serves with, changes that need a restart are
// diagnostics too. Never throws; thread-safe.
LoadResult LoadFile(const std::string& path, const Environment& environment,
                    const Config* running = nullptr, Secrets secrets = Secrets::kRequired);

// The same for a text that is already in memory; `name` is what diagnostics call it.
LoadResult LoadText(std::string_view text, const std::string& name, const Environment& environment,
                    const Config* running = nullptr, Secrets secrets = Secrets::kRequired);

struct KeyResult {
  std::optional<Key> key;  // only without diagnostics
  std::vector<Diagnostic> diagnostics;
};

// Reads one entry of `keys`, as YAML or JSON, for a daemon that runs with `config`: its name and
// digest must differ from those of the other keys, and what it may use must exist. Knows no
// environment and no files. Never throws; thread-safe.
KeyResult LoadKey(std::string_view text, const Config& config);

}  // namespace headgate::config
