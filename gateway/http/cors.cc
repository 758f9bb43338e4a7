#include "gateway/http/cors.h"

#include <algorithm>
#include <array>

#include "config/base/text.h"

namespace headgate::gateway {
namespace {

// Fields that browsers do not give to scripts unless they are listed (Fetch, "CORS-safelisted
// response header").
constexpr std::string_view kExposed =
    "x-request-id, request-id, retry-after, x-should-retry, x-headgate-class, x-headgate-route, "
    "x-headgate-target, x-headgate-attempts, x-headgate-cost-usd, x-headgate-dropped, "
    "x-headgate-queued-ms, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, "
    "x-ratelimit-reset-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, "
    "x-ratelimit-reset-tokens";

// Fields of requests that clients of models send from browsers: OpenAI's and Anthropic's SDKs,
// OpenTelemetry, OpenRouter's clients.
constexpr std::array<std::string_view, 11> kRequestFields = {
    "accept",        "api-key",      "authorization", "baggage",
    "cache-control", "content-type", "http-referer",  "idempotency-key",
    "traceparent",   "tracestate",   "user-agent"};
constexpr std::array<std::string_view, 3> kRequestPrefixes = {"x-", "openai-", "anthropic-"};

// The most fields that a preflight may ask for, and their greatest length; SDKs ask for about ten.
constexpr std::size_t kMostFields = 64;
constexpr std::size_t kLongestField = 64;

// Ten minutes: a page asks once for each conversation, and a reload that removes an origin takes
// effect soon.
constexpr std::string_view kMaxAge = "600";

bool EndsIgnoringCase(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && EqualsIgnoreCase(text.substr(text.size() - end.size()), end);
}

// "https://*.chat.example" matches every name below chat.example, at any depth, but not
// chat.example itself.
bool OriginMatches(std::string_view listed, std::string_view origin) {
  const std::size_t star = listed.find('*');
  if (star == std::string_view::npos) return EqualsIgnoreCase(listed, origin);
  const std::string_view scheme = listed.substr(0, star);
  const std::string_view domain = listed.substr(star + 1);
  if (origin.size() <= scheme.size() + domain.size()) return false;
  if (!EqualsIgnoreCase(origin.substr(0, scheme.size()), scheme)) return false;
  const std::string_view labels =
      origin.substr(scheme.size(), origin.size() - scheme.size() - domain.size());
  const bool good = std::all_of(labels.begin(), labels.end(), [](char c) {
    return (c >= '0' && c <= '9') || (config::Lowered(c) >= 'a' && config::Lowered(c) <= 'z') ||
           c == '-' || c == '_' || c == '.';
  });
  return good && labels.front() != '.' && labels.back() != '.' && EndsIgnoringCase(origin, domain);
}

bool MaySend(std::string_view name, const std::vector<std::string>& policy_fields) {
  const auto is = [name](std::string_view known) { return EqualsIgnoreCase(name, known); };
  const auto begins = [name](std::string_view prefix) {
    return name.size() > prefix.size() && EqualsIgnoreCase(name.substr(0, prefix.size()), prefix);
  };
  return std::any_of(kRequestFields.begin(), kRequestFields.end(), is) ||
         std::any_of(kRequestPrefixes.begin(), kRequestPrefixes.end(), begins) ||
         std::any_of(policy_fields.begin(), policy_fields.end(), is);
}

// Returns whether a text is the name of a field, without anything that could end a line or a list.
bool IsFieldName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestField &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= '0' && c <= '9') ||
                  (config::Lowered(c) >= 'a' && config::Lowered(c) <= 'z') || c == '-' || c == '_';
         });
}

}  // namespace

bool IsListedOrigin(const config::Cors& cors, std::string_view origin) {
  return std::any_of(cors.origins.begin(), cors.origins.end(), [origin](const std::string& listed) {
    return listed == "*" || OriginMatches(listed, origin);
  });
}

bool IsPreflight(const RequestHead& head) {
  return head.method == "OPTIONS" && !head.Find("origin").empty() &&
         !head.Find("access-control-request-method").empty();
}

void AppendCorsFields(const config::Cors& cors, std::string_view origin, std::string& out) {
  const bool any = std::find(cors.origins.begin(), cors.origins.end(), "*") != cors.origins.end();
  // Added if no Origin came, too: a cache must not give that answer to a page.
  if (!any) out += "Vary: Origin\r\n";
  if (origin.empty() || !IsListedOrigin(cors, origin)) return;
  out.append("Access-Control-Allow-Origin: ").append(any ? "*" : origin);
  out.append("\r\nAccess-Control-Expose-Headers: ").append(kExposed).append("\r\n");
}

void AppendPreflightFields(const RequestHead& head, std::string_view methods,
                           const std::vector<std::string>& policy_fields, std::string& out) {
  out.append("Access-Control-Allow-Methods: ").append(methods).append("\r\n");
  std::size_t count = 0;
  for (const HeaderField& field : head.fields) {
    if (!EqualsIgnoreCase(field.name, "access-control-request-headers")) continue;
    for (std::string_view list = field.value; !list.empty() && count < kMostFields;) {
      const std::string_view name = TakeListMember(list);
      if (!IsFieldName(name) || !MaySend(name, policy_fields)) continue;
      out.append(count++ == 0 ? "Access-Control-Allow-Headers: " : ", ").append(name);
    }
  }
  if (count > 0) out += "\r\n";
  out.append("Access-Control-Max-Age: ").append(kMaxAge).append("\r\n");
  // A page of a public address uses this name to ask for access to a private address (Private
  // Network Access, W3C community group draft).
  if (EqualsIgnoreCase(head.Find("access-control-request-private-network"), "true")) {
    out += "Access-Control-Allow-Private-Network: true\r\n";
  }
}

}  // namespace headgate::gateway
