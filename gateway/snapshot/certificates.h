#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/checks/found_warning.h"
#include "config/config.h"

namespace headgate::gateway {

using WallTime = std::chrono::system_clock::time_point;

// When a certificate file of the configuration expires.
struct CertificateExpiry {
  std::string_view use;  // "server": what clients see; "ca": what a backend is checked against
  std::string backend;   // with "ca"; empty: the webhook
  std::string path;      // its key in the configuration, "server.tls.certificate"
  config::SourceLocation location;
  WallTime at;
};

// Returns when a PEM text expires. A chain is valid until the first of its certificates expires. A
// bundle of authorities is valid until the last of them expires, since old certificates stay in a
// bundle and do no harm. Returns nullopt if the text has no certificate. Pure and thread-safe.
enum class PemFile { kChain, kBundle };
std::optional<WallTime> ExpiryOf(std::string_view pem, PemFile kind);

// Returns the expiry of all certificate files that `config` names. Files that cannot be read are
// left out. Reads the disk.
std::vector<CertificateExpiry> CertificateExpiries(const config::Config& config);

// Formats a time as "2026-11-24T08:30:00Z".
std::string Rfc3339(WallTime time);

// Warns of the certificates that have expired by `now`, or that expire within 21 days.
std::vector<config::FoundWarning> ExpiryWarnings(const std::vector<CertificateExpiry>& certificates,
                                                 WallTime now);

}  // namespace headgate::gateway
