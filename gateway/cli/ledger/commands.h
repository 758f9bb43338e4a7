#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"

namespace headgate::gateway {

// What the subcommands of `headgate ledger` share.

// Reads the configuration at `path`, without its secrets. Prints what is wrong with it, and that it
// has no `ledger`, and returns nothing then.
std::optional<config::Config> ConfigWithLedger(const std::string& path);

// Prints "headgate: TEXT" to the error output, and returns the exit code of a failure.
int FailLedger(const std::string& text);

struct LedgerImportOptions {
  std::string config;
  std::vector<std::string> files;  // access logs; "-": the standard input
};
int ImportAccessLog(const LedgerImportOptions& options);

struct ReconcileOptions {
  std::string config;
  std::string invoice;  // a usage export, CSV
  std::string backend;
  bool json = false;
};
int Reconcile(const ReconcileOptions& options);

}  // namespace headgate::gateway
