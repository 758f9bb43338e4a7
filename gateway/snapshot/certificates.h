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

// When a certificate file of the configuration stops being good.
struct CertificateExpiry {
  std::string_view use;  // "server": what clients see; "ca": what a backend is checked against
  std::string backend;   // with "ca"
  std::string path;      // its key in the configuration, "server.tls.certificate"
  config::SourceLocation location;
  WallTime at;
};

// Of a PEM text. A chain is good until the first of its certificates expires; a bundle of
// authorities until the last does, since old ones stay in a bundle and do no harm. Empty when there
// is no certificate in it. Pure and thread-safe.
enum class PemFile { kChain, kBundle };
std::optional<WallTime> ExpiryOf(std::string_view pem, PemFile kind);

// Of all certificate files that `config` names; those that cannot be read are left out. Reads the
// disk.
std::vector<CertificateExpiry> CertificateExpiries(const config::Config& config);

// "2026-11-24T08:30:00Z".
std::string Rfc3339(WallTime time);

// Those that have expired by `now`, or do so within 21 days.
std::vector<config::FoundWarning> ExpiryWarnings(const std::vector<CertificateExpiry>& certificates,
                                                 WallTime now);

}  // namespace headgate::gateway
