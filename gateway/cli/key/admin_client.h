#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace headgate::gateway {

// Where a daemon's admin port is, and what opens it.
struct AdminAddress {
  std::string host = "127.0.0.1";
  std::string port = "9464";
  std::string token;  // empty: none
};

// "HOST:PORT". An error's message says what to write.
absl::StatusOr<AdminAddress> ParseAdminAddress(const std::string& text);

struct AdminReply {
  int status = 0;
  std::string body;
};

// Sends one request and waits for its answer. An error's message says that nobody answers there.
absl::StatusOr<AdminReply> CallAdmin(const AdminAddress& address, const std::string& method,
                                     const std::string& path, const std::string& body);

}  // namespace headgate::gateway
