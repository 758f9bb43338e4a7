#include "config/sections/access/alerts.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "config/base/text.h"
#include "config/reader/address.h"
#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

constexpr std::string_view kScheme = "://";
constexpr std::string_view kWriteWebhook =
    "write it as https://hooks.example.com/path, and a password or token as `token`";

// An address that may be a secret itself, as Slack's are.
struct WebhookUrl {
  static constexpr std::string_view kExpects =
      "a URL, for example https://hooks.example.com/path, or ${NAME} or file:PATH";
  static bool Read(const Value& value, Alerts& alerts) {
    std::string text;
    if (!ReadSecret(value, SecretUse::kAddress, text)) return false;
    if (text == kNotSet) text = Concat("https://", kNotSet, "/");
    Parsed<Alerts> parsed = ParseWebhook(text);
    if (!parsed.value) return value.Fail(parsed.complaint.problem, parsed.complaint.fix);
    alerts.webhook = std::move(parsed.value->webhook);
    alerts.target = std::move(parsed.value->target);
    return true;
  }
  static Json JsonSchema(Definitions& definitions) { return ApiKey::JsonSchema(definitions); }
};

constexpr std::array kAlertsFields = {
    Required<Alerts, kItself, WebhookUrl>(
        "webhook", "The URL that gets a POST with JSON, also Slack's incoming webhooks."),
    Optional<Alerts, &Alerts::token, Token>("token", "Sent as Authorization: Bearer."),
    Optional<Alerts, &Alerts::proxy, Proxy>(
        "proxy", "The HTTP proxy through which the webhook is reached, by CONNECT."),
    Optional<Alerts, &Alerts::ca, ReadableFile>(
        "ca", "PEM file that replaces the system's certificate authorities."),
};

}  // namespace

Parsed<Alerts> ParseWebhook(std::string_view text) {
  const auto refuse = [](std::string problem) -> Parsed<Alerts> {
    return {std::nullopt, {std::move(problem), std::string(kWriteWebhook)}};
  };
  const std::size_t scheme = text.find(kScheme);
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + kScheme.size();
  const std::size_t end = std::min(text.find_first_of("/?#", host), text.size());
  const std::string_view target = text.substr(end);
  // "/." is the root, for which ParseUrl adds no path.
  Parsed<Url> server = ParseUrl(Concat(text.substr(0, end), "/."));
  if (!server.value) return refuse(std::move(server.complaint.problem));
  if (target.find('#') != std::string_view::npos) return refuse("has a fragment");
  if (!ConsistsOf(target, "-._~!$&'()*+,;=:@/%?")) {
    return refuse("has a character that URLs may not have");
  }
  Alerts alerts;
  alerts.webhook = *std::move(server.value);
  alerts.target = Secret(target.starts_with('/') ? std::string(target) : Concat("/", target));
  return {std::move(alerts), {}};
}

bool AlertsSection::Read(const Value& value, Alerts& alerts) {
  return Mapping<kAlertsFields>::Read(value, alerts);
}

Json AlertsSection::JsonSchema(Definitions& definitions) {
  return Mapping<kAlertsFields>::JsonSchema(definitions);
}

}  // namespace headgate::config
