#include "gateway/responses/open_store.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/base/text.h"
#include "gateway/log/operator_log.h"
#include "policy/store/folder_lock.h"

namespace headgate::gateway {
namespace {

std::int64_t WallClock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void TellOperator(bool failing, std::string_view what, std::string_view detail) {
  if (failing) {
    OperatorLog::Error(what, detail);
  } else {
    OperatorLog::Info(what, detail);
  }
}

// Returns why the folder cannot be used; empty if it can.
std::string WhyUnusable(const std::string& folder) {
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return {};
  return config::Concat("cannot write to ", folder, ": ", std::generic_category().message(errno));
}

constexpr std::string_view kFixFolder = "make the folder, and let the user of headgate write to it";

}  // namespace

std::vector<config::FoundWarning> StateWarnings(const config::Config& config) {
  std::vector<config::FoundWarning> warnings;
  const std::string& folder = config.server.state;
  if (folder.empty()) return warnings;
  const auto found = config.locations.find("server.state");
  config::Diagnostic diagnostic;
  if (found != config.locations.end()) diagnostic.location = found->second;
  diagnostic.path = "server.state";
  const bool has_ledger = config.ledger && config.ledger->folder.empty();
  if (!config.responses && !has_ledger) {
    diagnostic.problem = "is not used: only stored responses and the ledger are kept there";
    diagnostic.fix = "add `responses: {store: 24h}` or `ledger: {}`, or remove it";
    warnings.push_back({config::WarningKind::kStateUnused, std::move(diagnostic)});
    return warnings;
  }
  diagnostic.problem = WhyUnusable(folder);
  if (diagnostic.problem.empty()) return warnings;
  diagnostic.problem += " on this machine, so headgate would not start";
  diagnostic.fix = kFixFolder;
  warnings.push_back({config::WarningKind::kStateUnusable, std::move(diagnostic)});
  return warnings;
}

absl::StatusOr<std::unique_ptr<ResponseStore>> OpenResponseStore(const config::Config& config) {
  if (!config.responses) return std::unique_ptr<ResponseStore>();
  const std::string& folder = config.server.state;
  const std::string why = WhyUnusable(folder);
  if (!why.empty()) {
    return absl::InvalidArgumentError(config::Concat("server.state: ", why, "; ", kFixFolder));
  }
  absl::StatusOr<policy::FolderLock> lock = policy::FolderLock::Take(folder);
  if (!lock.ok()) {
    return absl::InvalidArgumentError(config::Concat(
        "server.state: ",
        std::string_view(lock.status().message().data(), lock.status().message().size())));
  }
  auto store = std::make_unique<ResponseStore>(folder, BoundsOf(config), WallClock, TellOperator);
  store->Hold(*std::move(lock));
  return store;
}

StoreBounds BoundsOf(const config::Config& config) {
  return {.keep = config.responses->store.count(), .max_bytes = config.responses->max_bytes};
}

}  // namespace headgate::gateway
