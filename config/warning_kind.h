#pragma once

#include <cstdint>
#include <string_view>

namespace headgate::config {

// What `headgate check` warns of: a configuration that is sound and probably not meant so. Each
// kind has one stable name (kWarningNames in config/reader/enum_words.h), which reports show and
// `allow_warnings` switches off; docs/policy.md explains them. A new kind needs its name there and
// a row in the document.
enum class WarningKind : std::uint8_t {
  kRouteUnreachable,   // no request can match the route
  kRequestsUnrouted,   // some requests match no route
  kRequireUnmet,       // no target meets what a route, key or team requires
  kRequireConflict,    // what a key or team requires drops every target of a route that it reaches
  kResidencyBypass,    // a header or metadata entry decides where data may go
  kResidencyRegion,    // requests leave a region that a route requires for them
  kScoreMissing,       // quality ranks targets that have no score
  kTargetUnused,       // no request can get the target
  kPriceMissing,       // a paid target without a price
  kLimitBackward,      // a live limit that keeps slow or failing targets
  kFirstTokenSlow,     // a latency_critical route waits long for a backend that hangs
  kTestKeyMissing,     // a policy test without a key under `auth: keys`
  kCertificateExpiry,  // a certificate that has expired, or does so soon
  kAllowUseless,       // an `allow_warnings` in a place that no such warning is ever about
};

// Its stable name, for example "residency_region".
std::string_view NameOf(WarningKind kind);

}  // namespace headgate::config
