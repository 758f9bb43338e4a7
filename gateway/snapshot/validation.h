#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "config/checks/found_warning.h"
#include "config/config.h"
#include "config/load.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// A configuration, and everything that is wrong with it.
struct ValidatedConfig {
  std::optional<config::Config> config;                   // set if the file could be read
  std::shared_ptr<const routing::CompiledPolicy> policy;  // null if it cannot be compiled
  std::vector<config::Diagnostic> errors;
  std::vector<config::Diagnostic> failed_tests;     // of its own `tests:`
  std::vector<config::Diagnostic> missing_secrets;  // with Secrets::kOptional
  config::SiftedWarnings warnings;                  // set if it could be compiled
  std::vector<std::string> files;                   // as config::LoadResult
  config::WrittenConfig written;                    // as config::LoadResult

  bool good() const { return policy != nullptr && errors.empty() && failed_tests.empty(); }
};

// Reads the file at `path`, opens its certificates, compiles it, runs its policy tests and collects
// warnings. `headgate check` and a reload validate a configuration in the same way. `running`: see
// config::LoadFile. Changes nothing; thread-safe.
ValidatedConfig ValidateConfig(const std::string& path, const config::Environment& environment,
                               const config::Config* running, config::Secrets secrets);

// Returns a status whose message is "problem; fix" as a diagnostic at `location`.
config::Diagnostic ToDiagnostic(const absl::Status& status, config::SourceLocation location,
                                std::string path);

// Returns a status whose message is "path: problem; fix" as a diagnostic. The status concerns a
// setting of `config` that failed in use. The diagnostic is at the setting's location
// (config::Config::locations), else at `file`.
config::Diagnostic Located(const absl::Status& status, const config::Config& config,
                           const std::string& file);

}  // namespace headgate::gateway
