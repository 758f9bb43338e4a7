#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/cli/key/admin_client.h"

namespace headgate::gateway {

// Which daemon is asked, and how its answer is printed.
struct AtDaemon {
  std::string config;  // its file, which has the admin address and token; empty: none
  std::string admin;   // HOST:PORT, instead of the file's; empty: the file's
  bool json = false;
  bool asked() const { return !config.empty() || !admin.empty(); }
};

// The configuration that commands look for if neither is written.
inline constexpr const char* kUsualConfig = "headgate.yaml";

// Returns `daemon`, with kUsualConfig if it names nothing.
AtDaemon DaemonOf(AtDaemon daemon);

// Returns where its admin port is. An error says what to write: if the file does not exist, or has
// mistakes.
absl::StatusOr<AdminAddress> AddressOf(const AtDaemon& daemon);

struct AdminCall {
  std::string method;
  std::string path;
  std::string body;
};
// Returns the daemon's answer. Errors: of AddressOf and CallAdmin, or kFailedPrecondition with the
// daemon's words if it has refused.
absl::StatusOr<boost::json::object> AskDaemon(const AtDaemon& daemon, const AdminCall& call);

}  // namespace headgate::gateway
