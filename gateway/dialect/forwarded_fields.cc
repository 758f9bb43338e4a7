#include "gateway/dialect/forwarded_fields.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "config/base/text.h"
#include "gateway/http/request_target.h"

namespace headgate::gateway {
namespace {

using backends::ClientProtocol;

// The list names what is allowed, not what is blocked: cookies, internal headers and an account
// chosen by the client (openai-organization) must not reach a third party because nobody thought of
// them.
constexpr std::array<std::string_view, 6> kForwardedFields = {
    "accept", "user-agent", "traceparent", "tracestate", "idempotency-key", "x-client-request-id"};
// Of a protocol, and so only for a backend that gets the client's own bytes.
constexpr std::array<std::string_view, 2> kBetaFields = {"openai-beta", "anthropic-beta"};

// Of Anthropic's protocol all fields pass, because features come in pairs of a field and a member
// of the body (code.claude.com, llm-gateway-protocol, 2026). Not these: they choose an account of
// the operator, or concern the browser.
constexpr std::string_view kAnthropicPrefix = "anthropic-";
constexpr std::array<std::string_view, 4> kNotAnthropics = {
    "anthropic-workspace-id", "anthropic-organization-id", "anthropic-user-profile-id",
    "anthropic-dangerous-direct-browser-access"};
constexpr std::string_view kVersion = "anthropic-version";

void AppendField(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// Appends each name once, and no name that the operator has set.
void AppendNamed(const backends::Upstream& upstream, const RequestHead& client,
                 std::string_view name, std::string& out) {
  const std::string_view value = client.Find(name);
  if (value.empty() || upstream.SetsField(name) || client.IsHopByHop(name)) return;
  AppendField(name, value, out);
}

bool IsAnthropics(std::string_view lower_case_name) {
  return lower_case_name.starts_with(kAnthropicPrefix) && lower_case_name != kVersion &&
         lower_case_name.find("key") == std::string_view::npos &&
         std::find(kNotAnthropics.begin(), kNotAnthropics.end(), lower_case_name) ==
             kNotAnthropics.end();
}

// Appends all values of the fields, which may be lists that were split.
void AppendAnthropics(const backends::Upstream& upstream, const RequestHead& client,
                      std::string& out) {
  for (const HeaderField& field : client.fields) {
    if (field.name.size() <= kAnthropicPrefix.size() || field.value.empty() ||
        !EqualsIgnoreCase(field.name.substr(0, kAnthropicPrefix.size()), kAnthropicPrefix)) {
      continue;
    }
    std::string name(field.name);
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (!IsAnthropics(name) || upstream.SetsField(name) || client.IsHopByHop(name)) continue;
    AppendField(name, field.value, out);
  }
}

// Whether a name promises a credential: "key", "x-api-key", "access_token", "sig".
bool LooksLikeCredential(std::string_view lower_case_name) {
  constexpr std::array<std::string_view, 7> kWords = {"key",        "token", "auth", "secret",
                                                      "credential", "passw", "sig"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
    return lower_case_name.find(word) != std::string_view::npos;
  });
}

bool IsNativeMessages(const Dialect& dialect) {
  return !dialect.translation && dialect.protocol == ClientProtocol::kAnthropic;
}

}  // namespace

std::string_view ForwardedVersion(const Dialect& dialect, const RequestHead& client) {
  const bool may = IsNativeMessages(dialect) && !client.IsHopByHop(kVersion);
  return may ? client.Find(kVersion) : std::string_view();
}

std::string ForwardedQuery(const backends::Upstream& upstream, const Dialect& dialect,
                           const RequestHead& client) {
  std::string query;
  if (!IsNativeMessages(dialect)) return query;
  for (std::string_view rest = client.query; !rest.empty();) {
    const std::string_view parameter = TakeParameter(rest);
    // Names are compared decoded: "%6bey" is a key too.
    const std::string name = PercentDecode(parameter.substr(0, parameter.find('=')));
    if (name.empty() || upstream.SetsParameter(name)) continue;
    if (LooksLikeCredential(config::Lower(name))) continue;
    if (!query.empty()) query += '&';
    query += parameter;
  }
  return query;
}

void AppendForwardedFields(const backends::Upstream& upstream, const Dialect& dialect,
                           const RequestHead& client, std::string& out) {
  for (const std::string_view name : kForwardedFields) AppendNamed(upstream, client, name, out);
  if (dialect.translation) return;
  if (dialect.protocol == ClientProtocol::kAnthropic) {
    return AppendAnthropics(upstream, client, out);
  }
  for (const std::string_view name : kBetaFields) AppendNamed(upstream, client, name, out);
}

}  // namespace headgate::gateway
