#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace headgate::policy {

// Which part of its `routes` and `classes` keeps a key from a request. Pure.
enum class ScopeLimit : std::uint8_t { kNone, kRoute, kClass };

// What a request is, by names.
struct ScopedRequest {
  std::string_view route;
  std::string_view request_class;
};

// Returns why the key may not send the request; the route counts first.
inline ScopeLimit LimitOfScope(const config::Key& key, const ScopedRequest& request) {
  const auto lists = [](const std::vector<std::string>& allowed, std::string_view name) {
    return allowed.empty() || std::find(allowed.begin(), allowed.end(), name) != allowed.end();
  };
  if (!lists(key.routes, request.route)) return ScopeLimit::kRoute;
  return lists(key.classes, request.request_class) ? ScopeLimit::kNone : ScopeLimit::kClass;
}

// The code of the refusal: "route_not_allowed", "class_not_allowed". REQUIRES: not kNone.
inline std::string_view RefusalOf(ScopeLimit limit) {
  return limit == ScopeLimit::kRoute ? config::kRouteNotAllowed : config::kClassNotAllowed;
}

}  // namespace headgate::policy
