#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "config/base/enum_words.h"

namespace headgate::config {

// What `headgate check` warns of: a configuration that is valid and probably not meant so. Each
// kind has one stable name, which reports show and `allow_warnings` switches off; docs/policy.md
// explains them. A new kind needs a name below and a row in that document. Stateless and
// thread-safe.
enum class WarningKind : std::uint8_t {
  kRouteUnreachable,   // no request can match the route
  kRequestsUnrouted,   // some requests match no route
  kRequireUnmet,       // no target meets what a route, key or team requires
  kRequireConflict,    // what a key or team requires drops every target of a route that it reaches
  kResidencyBypass,    // a header or metadata entry decides where data may go
  kResidencyRegion,    // requests leave a region that a route requires for them
  kScoreMissing,       // quality ranks targets that have no score
  kTargetUnused,       // no request can get the target
  kEndpointUnserved,   // a route takes requests for an endpoint that none of its targets serves
  kPriceMissing,       // a paid target without a price
  kLimitBackward,      // a live limit that keeps slow or failing targets
  kFirstTokenSlow,     // a latency_critical route waits long for a backend that hangs
  kKeyUseless,         // a key that has no effect
  kCommitLate,         // a latency_critical route holds its answers
  kTestKeyMissing,     // a policy test without a key under `auth: keys`
  kCertificateExpiry,  // a certificate that has expired, or expires soon
  kBudgetTooSmall,     // a budget whose limit is less than one call can cost
  kBudgetUseless,      // a budget that changes nothing when it is spent, or refuses everything
  kTeamUnknown,        // an entry of `teams` that no key belongs to
  kStateUnusable,      // a server.state that cannot be written to on this machine
  kStateUnused,        // a server.state that nothing is kept in
  kAllowUseless,       // an `allow_warnings` on an object that no such warning is ever about
};
inline constexpr std::array kWarningNames = {
    EnumWord<WarningKind>{"route_unreachable", WarningKind::kRouteUnreachable},
    EnumWord<WarningKind>{"requests_unrouted", WarningKind::kRequestsUnrouted},
    EnumWord<WarningKind>{"require_unmet", WarningKind::kRequireUnmet},
    EnumWord<WarningKind>{"require_conflict", WarningKind::kRequireConflict},
    EnumWord<WarningKind>{"residency_bypass", WarningKind::kResidencyBypass},
    EnumWord<WarningKind>{"residency_region", WarningKind::kResidencyRegion},
    EnumWord<WarningKind>{"score_missing", WarningKind::kScoreMissing},
    EnumWord<WarningKind>{"target_unused", WarningKind::kTargetUnused},
    EnumWord<WarningKind>{"endpoint_unserved", WarningKind::kEndpointUnserved},
    EnumWord<WarningKind>{"price_missing", WarningKind::kPriceMissing},
    EnumWord<WarningKind>{"limit_backward", WarningKind::kLimitBackward},
    EnumWord<WarningKind>{"first_token_slow", WarningKind::kFirstTokenSlow},
    EnumWord<WarningKind>{"key_useless", WarningKind::kKeyUseless},
    EnumWord<WarningKind>{"commit_late", WarningKind::kCommitLate},
    EnumWord<WarningKind>{"test_key_missing", WarningKind::kTestKeyMissing},
    EnumWord<WarningKind>{"certificate_expiry", WarningKind::kCertificateExpiry},
    EnumWord<WarningKind>{"budget_too_small", WarningKind::kBudgetTooSmall},
    EnumWord<WarningKind>{"budget_useless", WarningKind::kBudgetUseless},
    EnumWord<WarningKind>{"team_unknown", WarningKind::kTeamUnknown},
    EnumWord<WarningKind>{"state_unusable", WarningKind::kStateUnusable},
    EnumWord<WarningKind>{"state_unused", WarningKind::kStateUnused},
    EnumWord<WarningKind>{"allow_useless", WarningKind::kAllowUseless}};

// Its stable name, for example "residency_region".
constexpr std::string_view NameOf(WarningKind kind) { return WordFor(kWarningNames, kind); }

}  // namespace headgate::config
