#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace headgate::backends {

// Makes a context for calls to backends: TLS 1.2 and newer, chain and name verified. `ca` is a PEM
// file that replaces the system's trust store; empty: the system's. Thread-safe once made.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> MakeClientContext(const std::string& ca);

// Makes a context for the client port. Both are PEM files.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> MakeServerContext(
    const std::string& certificate, const std::string& private_key);

}  // namespace headgate::backends
