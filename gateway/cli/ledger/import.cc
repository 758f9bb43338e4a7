#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/accounting/wall_clock.h"
#include "gateway/cli/ledger/commands.h"
#include "gateway/cli/ledger/ledger_import.h"

namespace headgate::gateway {
namespace {

absl::Status AddLog(const std::string& path, LedgerImport& import) {
  if (path == "-") return import.AddFile(std::cin, "the standard input", std::cerr);
  std::ifstream file(path);
  return import.AddFile(file, path, std::cerr);
}

}  // namespace

int ImportAccessLog(const LedgerImportOptions& options) {
  const std::optional<config::Config> config = ConfigWithLedger(options.config);
  if (!config) return 1;
  for (const std::string& path : options.files) {
    if (const std::string problem = ProblemOfLog(path); !problem.empty()) {
      return FailLedger(problem);
    }
  }
  LedgerImport import(*config, WallClockMs(),
                      [](bool, std::string_view what, std::string_view detail) {
                        std::cerr << "headgate: " << what << ": " << detail << "\n";
                      });
  absl::Status status = import.Open();
  bool whole = true;
  for (const std::string& path : options.files) {
    if (!status.ok()) break;
    status = AddLog(path, import);
    if (!absl::IsInvalidArgument(status)) continue;
    FailLedger(std::string(status.message()));  // the other files may be logs
    status = absl::OkStatus();
    whole = false;
  }
  if (!status.ok()) return FailLedger(std::string(status.message()));
  std::cout << import.Summary() << "\n";
  return whole && !import.has_refused() ? 0 : 1;
}

}  // namespace headgate::gateway
