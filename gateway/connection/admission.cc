#include "gateway/connection/admission.h"

#include <string_view>

#include "config/base/text.h"
#include "gateway/http/cors.h"
#include "gateway/http/page_guard.h"

namespace headgate::gateway {
namespace {

// Returns the key of the request, which may be in any of three headers, or nullopt if two headers
// have different keys.
std::optional<std::string_view> KeyText(const RequestHead& head) {
  std::string_view bearer = head.authorization;
  constexpr std::string_view kScheme = "bearer ";
  if (bearer.size() > kScheme.size() && EqualsIgnoreCase(bearer.substr(0, 7), kScheme)) {
    bearer.remove_prefix(kScheme.size());
  }
  std::string_view key;
  for (const std::string_view text : {bearer, head.x_api_key, head.api_key}) {
    if (text.empty() || text == key) continue;
    if (!key.empty()) return std::nullopt;
    key = text;
  }
  return key;
}

// Returns a refusal if a browser may have sent this for a page of a foreign origin. Where keys are
// required, a key is enough, because such a page does not have one. Host then counts only if the
// operator lists names, and Origin only in a preflight.
std::optional<ClientError> GuardAgainstPages(const Arrival& arrival, RequestAccount& account) {
  const RequestHead& head = arrival.head;
  const config::Server& server = account.snapshot->config->server;
  const bool keyless = server.auth == config::AuthMode::kNone;
  const config::Cors* const cors = server.cors ? &*server.cors : nullptr;
  if (!keyless && server.hosts.empty() && !arrival.preflight) return std::nullopt;
  std::string address;  // without keys the port is on loopback (CheckServer in config)
  if (!keyless) address = arrival.local_address();
  const PortIdentity port{
      .tls = arrival.tls, .hosts = server.hosts, .address = address, .cors = cors};
  PageVerdict verdict = PageVerdict::kPass;
  if (keyless || !server.hosts.empty()) verdict = CheckHost(head, port);
  // Without CORS every OPTIONS is a 405, which a browser understands as a refusal.
  const bool page_counts = arrival.preflight || (keyless && head.method != "OPTIONS");
  if (verdict == PageVerdict::kPass && page_counts) verdict = CheckOrigin(head, port);
  if (verdict == PageVerdict::kPass) return std::nullopt;
  account.rejection = Rejection::kOrigin;
  return ClientError{
      .status = 403,
      .code = verdict == PageVerdict::kForeignHost ? "foreign_host" : "foreign_origin",
      .message = ExplainVerdict(verdict, head)};
}

ClientError UnknownPath(const Arrival& arrival, RequestAccount& account) {
  account.rejection = Rejection::kNotFound;
  const std::string_view allow = arrival.match.allow;
  return {.status = allow.empty() ? 404 : 405,
          .code = allow.empty() ? "unknown_url" : "method_not_allowed",
          .message = ExplainUnknownPath(arrival.head.method, arrival.head.path),
          .allow = allow};
}

ClientError Unauthorized(std::string_view code, std::string_view message) {
  return {.status = 401, .code = std::string(code), .message = std::string(message)};
}

std::optional<ClientError> StoppedError(config::Stop stop, const config::Key& key) {
  if (stop == config::Stop::kNone) return std::nullopt;
  const bool team = stop == config::Stop::kTeam;
  return ClientError{.status = 403,
                     .type = "permission_error",
                     .code = std::string(config::kStopNames[static_cast<std::size_t>(stop)]),
                     .message = config::Concat(team ? "Team " : "Key ", team ? key.team : key.name,
                                               " is stopped; ask the operator of this gateway.")};
}

Admission Authenticate(const RequestHead& head, std::int64_t unix_seconds,
                       RequestAccount& account) {
  const Snapshot& snapshot = *account.snapshot;
  const std::optional<std::string_view> text = KeyText(head);
  if (text && snapshot.config->server.auth == config::AuthMode::kNone) return {.expose = true};
  account.rejection = Rejection::kAuth;
  if (!text) {
    return {.refusal =
                ClientError{.status = 400,
                            .code = "conflicting_credentials",
                            .message = "Authorization, x-api-key and api-key carry different "
                                       "keys; send one."}};
  }
  if (!text->empty()) account.key = snapshot.keys.Find(*text);
  if (!account.key) {
    return {.refusal = Unauthorized(
                "invalid_api_key",
                text->empty()
                    ? "No API key came with the request; send Authorization: Bearer KEY."
                    : "This API key is not known here; ask whoever runs this gateway for one.")};
  }
  const config::Key& key = snapshot.config->keys[*account.key];
  if (key.expires && unix_seconds >= *key.expires) {
    return {.refusal = Unauthorized(
                "expired_api_key",
                "This API key has expired; ask whoever runs this gateway for another one.")};
  }
  if (std::optional<ClientError> stopped = StoppedError(snapshot.stops[*account.key], key)) {
    account.rejection = Rejection::kNotAllowed;
    return {.refusal = std::move(stopped)};
  }
  account.rejection.reset();
  return {.expose = key.expose};
}

}  // namespace

Admission Admit(const Arrival& arrival, RequestAccount& account) {
  if (std::optional<ClientError> refusal = GuardAgainstPages(arrival, account)) {
    return {.refusal = std::move(refusal)};
  }
  if (arrival.preflight) return {};
  if (arrival.match.row == nullptr) return {.refusal = UnknownPath(arrival, account)};
  if (arrival.match.row->action == Action::kAlive) return {};
  Admission admission = Authenticate(arrival.head, arrival.unix_seconds, account);
  if (admission.refusal) return admission;
  const std::string_view encoding = arrival.head.content_encoding;
  if (!encoding.empty() && !EqualsIgnoreCase(encoding, "identity")) {
    account.rejection = Rejection::kBadBody;
    admission.refusal =
        ClientError{.status = 415,
                    .code = "unsupported_content_encoding",
                    .message = "Content-Encoding is not supported; send the body as it is."};
  }
  return admission;
}

}  // namespace headgate::gateway
