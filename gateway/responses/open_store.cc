#include "gateway/responses/open_store.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>

#include "config/base/text.h"
#include "gateway/log/operator_log.h"

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

}  // namespace

absl::StatusOr<std::unique_ptr<ResponseStore>> OpenResponseStore(const config::Config& config) {
  if (!config.responses) return std::unique_ptr<ResponseStore>();
  const std::string& folder = config.server.state;
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return absl::InvalidArgumentError(config::Concat(
        "server.state: cannot write to ", folder, ": ", std::generic_category().message(errno),
        "; make the folder, and let the user of headgate write to it"));
  }
  return std::make_unique<ResponseStore>(folder, BoundsOf(config), WallClock, TellOperator);
}

StoreBounds BoundsOf(const config::Config& config) {
  return {.keep = config.responses->store.count(), .max_bytes = config.responses->max_bytes};
}

}  // namespace headgate::gateway
