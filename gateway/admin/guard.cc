#include "gateway/admin/guard.h"

#include <optional>
#include <utility>

#include "backends/net/media_type.h"
#include "gateway/http/page_guard.h"
#include "openssl/crypto.h"

namespace headgate::gateway {
namespace {

// Takes the same time for a nearly right token as for a completely wrong token.
bool IsBearer(std::string_view authorization, std::string_view token) {
  const std::string expected = "Bearer " + std::string(token);
  return authorization.size() == expected.size() &&
         CRYPTO_memcmp(authorization.data(), expected.data(), expected.size()) == 0;
}

std::optional<AdminAnswer> Refusal(const AdminEndpoint& endpoint, const AdminRequest& request,
                                   const AdminDoor& door) {
  if (endpoint.access == AdminAccess::kAnybody) return std::nullopt;
  if (!door.loopback && (door.token.empty() || !IsBearer(request.authorization, door.token))) {
    return AdminError(401, "send Authorization: Bearer with the server.admin_token");
  }
  const bool changes = endpoint.method != "GET";
  const bool no_page = !changes && request.host.empty();
  if (!no_page && !IsOurHost(request.host, door.hosts, door.address)) {
    return AdminError(
        403,
        "this Host is unknown here; use the admin port's own address, or add the name "
        "to server.admin_hosts");
  }
  if (changes && !backends::IsMediaType(request.content_type, "application/json")) {
    return AdminError(415, "send Content-Type: application/json");
  }
  return std::nullopt;
}

}  // namespace

AdminVerdict Admit(const AdminEndpoints& endpoints, const AdminRequest& request,
                   const AdminDoor& door) {
  const AdminEndpoint* const endpoint = endpoints.Find(request.method, request.path());
  if (endpoint == nullptr) return {nullptr, endpoints.Missing(request.path())};
  if (std::optional<AdminAnswer> refusal = Refusal(*endpoint, request, door)) {
    return {nullptr, *std::move(refusal)};
  }
  return {endpoint, {}};
}

}  // namespace headgate::gateway
