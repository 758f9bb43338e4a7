#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace headgate::backends {

// TLS 1.2 and newer, chain and name verified, for calls to backends. `ca`: a PEM file that
// replaces the system's trust store; empty = system. Thread-safe once made.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> MakeClientContext(const std::string& ca);

// For the client port. Both are PEM files.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> MakeServerContext(
    const std::string& certificate, const std::string& private_key);

}  // namespace headgate::backends
