#include "backends/upstream/upstream_error.h"

#include <array>

namespace headgate::backends {

std::string_view ToString(AttemptResult result) {
  static constexpr std::array<std::string_view, kAttemptResultCount> kNames = {
      "ok",         "connect_failed",     "tls_failed",          "reset",         "status_4xx",
      "status_429", "status_5xx",         "first_token_timeout", "stalled",       "cut",
      "malformed",  "error_event",        "client_gone",         "total_timeout", "rejected",
      "no_credit",  "first_byte_timeout", "hedge_lost",          "moved_aside"};
  return kNames[static_cast<std::size_t>(result)];
}

}  // namespace headgate::backends
