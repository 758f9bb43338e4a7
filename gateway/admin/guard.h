#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/admin/endpoints.h"

namespace headgate::gateway {

// Which requests the admin port accepts. Endpoints of AdminAccess::kAnybody serve everybody. All
// other endpoints need:
//   * `Authorization: Bearer` with server.admin_token, unless client and port are on loopback.
//     Without a token in the configuration, requests from elsewhere are refused.
//   * a `Host` that is ours (page_guard.h says why). A GET may come without a Host: browsers always
//     send it, and the name that an attacker points at 127.0.0.1 stays in it.
//   * if they change something, `Content-Type: application/json`. A browser asks first before a
//     page of another origin may send that, and the answer to OPTIONS is 405.
// `Origin` need not be checked: such a page cannot read an answer that has no field of CORS, and it
// cannot send a request that changes something. Pure.

// Where a request came in, and what the configuration in force says of the port. The references
// must outlive the call.
struct AdminDoor {
  bool loopback = false;                  // both ends of the connection
  std::string_view address;               // that the client has connected to
  std::string_view token;                 // server.admin_token; empty: none
  const std::vector<std::string>& hosts;  // server.admin_hosts
};

struct AdminVerdict {
  const AdminEndpoint* endpoint = nullptr;  // answers the request; null: the request is refused
  AdminAnswer refusal;
};

AdminVerdict Admit(const AdminEndpoints& endpoints, const AdminRequest& request,
                   const AdminDoor& door);

}  // namespace headgate::gateway
