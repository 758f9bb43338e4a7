#include "config/checks/check_backends.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "config/base/text.h"
#include "config/checks/lookup.h"
#include "config/reader/address.h"

namespace headgate::config {
namespace {

bool SameUrl(const Url& a, const Url& b) {
  return a.tls == b.tls && a.host == b.host && a.port == b.port && a.path == b.path;
}

void CheckPaidApi(ReadContext& context, const Backend& backend, const std::string& path) {
  if (context.Has(path + ".replicas")) {
    context.ReportAt(path + ".replicas", "a paid_api has one address",
                     "write `url: https://…` instead of replicas");
  } else if (!context.Has(path + ".url")) {
    context.ReportAt(path, "has no `url`", "add `url:` with the API's address");
  }
  constexpr std::string_view kNoQueue = "a paid API has no slots that requests wait for";
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kSelfHostedKeys = {{
      {"slots", "`limits.requests_per_minute` limits a paid API"},
      {"cost", "a paid API is paid by the token"},
      {"slot_tokens", kNoQueue},
      {"preempt", kNoQueue},
      {"batch", kNoQueue},
      {"queue", kNoQueue},
      {"priority", kNoQueue},
  }};
  for (const auto& [key, reason] : kSelfHostedKeys) {
    const std::string at = Concat(path, ".", key);
    if (context.Has(at)) {
      context.ReportAt(at, "belongs to self_hosted, but hosting is paid_api",
                       Concat("remove it: ", reason));
    }
  }
  if (backend.replicas.empty() || context.HasProblem(path + ".url")) return;
  const Url& url = backend.replicas.front();
  if (IsLoopback(url.host)) return;
  if (!url.tls) {
    context.ReportAt(path + (context.Has(path + ".url") ? ".url" : ".replicas"),
                     "would send the key unencrypted", "write https:// instead of http://");
  }
  if (!context.Has(path + ".api_key") && backend.headers.empty()) {
    context.ReportAt(path, "has no `api_key`", "add `api_key: ${NAME}` or `api_key: file:PATH`");
  }
}

void CheckSelfHosted(ReadContext& context, const Backend& backend, const std::string& path) {
  if (context.Has(path + ".limits")) {
    context.ReportAt(path + ".limits", "belongs to paid_api, but hosting is self_hosted",
                     "remove it: `slots` says how much a replica serves");
  }
  if (context.Has(path + ".url")) {
    context.ReportAt(path + ".url", "a self_hosted backend has replicas",
                     "write `replicas: [http://…]` instead of url");
  } else if (!context.Has(path + ".replicas")) {
    context.ReportAt(path, "has no `replicas`", "add `replicas:` with a list of URLs");
  }
  if (!context.Has(path + ".slots")) {
    context.ReportAt(path, "has no `slots`",
                     "add `slots:` with the requests that one replica serves well at once");
  }
  if (!context.Has(path + ".cost.per_replica_hour") && !context.Has(path + ".cost.rent") &&
      !context.HasProblem(path + ".cost")) {
    context.ReportAt(path, "has no rent",
                     "add `cost: {per_replica_hour: 2.10}`, or 0 when it costs nothing");
  }
  if (context.Has(path + ".proxy")) {
    context.ReportAt(path + ".proxy", "belongs to paid_api, but hosting is self_hosted",
                     "remove it: replicas are reached without a proxy");
  }
  for (const ServedModel& served : backend.models) {
    if (!served.price) continue;
    context.ReportAt(Concat(path, ".models.", served.model, ".price"),
                     "a self_hosted backend is paid by the hour, not by the token",
                     "remove it, and write the rent as cost.per_replica_hour");
  }
  const auto& replicas = backend.replicas;
  for (std::size_t i = 0; i < replicas.size() && !context.HasProblem(path + ".replicas"); ++i) {
    if (std::any_of(replicas.begin(), replicas.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const Url& earlier) { return SameUrl(earlier, replicas[i]); })) {
      context.ReportAt(Concat(path, ".replicas[", i, "]"), "is in the list twice",
                       "remove one of them: its rent would count twice");
    }
  }
}

bool HasHeader(const Backend& backend, std::string_view name) {
  return std::any_of(backend.headers.begin(), backend.headers.end(),
                     [&](const auto& header) { return header.first == name; });
}

void CheckProtocol(ReadContext& context, const Backend& backend, const std::string& path) {
  if (context.HasProblem(path + ".protocol")) return;
  if (backend.protocol != Protocol::kAnthropic) {
    if (!context.Has(path + ".anthropic_version")) return;
    context.ReportAt(path + ".anthropic_version",
                     "belongs to protocol anthropic, but protocol is openai",
                     "remove it, or write `protocol: anthropic`");
    return;
  }
  if (context.Has(path + ".stream_usage")) {
    context.ReportAt(path + ".stream_usage",
                     "is about `stream_options`, which protocol anthropic does not have",
                     "remove it: streams of Messages always report their usage");
  }
  if (backend.hosting == Hosting::kSelfHosted && backend.priority != EnginePriority::kNone &&
      !context.HasProblem(path + ".priority")) {
    context.ReportAt(path + ".priority",
                     "has no effect: requests of protocol anthropic have no `priority`",
                     "remove it, or write `protocol: openai`");
  }
  if (HasHeader(backend, "anthropic-version")) {
    context.ReportAt(path + ".headers", "has `anthropic-version`, which headgate writes itself",
                     "remove the header, and write `anthropic_version: DATE` on the backend");
  }
  const auto foreign = std::find_if(backend.endpoints.begin(), backend.endpoints.end(),
                                    [](const std::string& word) { return word != "messages"; });
  if (foreign == backend.endpoints.end() || context.HasProblem(path + ".endpoints")) return;
  context.ReportAt(path + ".endpoints",
                   Concat("has `", *foreign, "`, but protocol anthropic has messages alone"),
                   "remove it, or write `protocol: openai`");
}

void CheckBackend(ReadContext& context, const Config& config, const Backend& backend) {
  const std::string path = Concat("backends.", backend.name);
  if (backend.models.empty() && context.Has(path + ".models") &&
      !context.HasProblem(path + ".models")) {
    context.ReportAt(path + ".models", "is empty", "name at least one model that it serves");
  }
  for (const ServedModel& served : backend.models) {
    const std::string at = Concat(path, ".models.", served.model);
    if (!context.HasProblem(at)) CheckModelExists(context, config, at, served.model);
  }
  if (context.Has(path + ".auth") && !context.Has(path + ".api_key")) {
    context.ReportAt(path + ".auth", "sets how api_key is sent, but there is no api_key",
                     "add `api_key`, or remove auth");
  }
  CheckProtocol(context, backend, path);
  if (!backend.api_key.empty() && HasHeader(backend, backend.auth_header)) {
    context.ReportAt(path + ".headers",
                     Concat("has `", backend.auth_header, "`, which carries the api_key"),
                     "remove the header, or remove api_key");
  }
  // The other rules depend on hosting.
  if (!context.Has(path + ".hosting") || context.HasProblem(path + ".hosting")) return;
  if (backend.hosting == Hosting::kPaidApi) {
    CheckPaidApi(context, backend, path);
  } else {
    CheckSelfHosted(context, backend, path);
  }
}

}  // namespace

void CheckFirstByte(ReadContext& context, const std::optional<Milliseconds>& first_byte,
                    Milliseconds total, const std::string& path) {
  const std::string at = path + ".timeouts";
  if (!first_byte || context.HasProblem(at) || !context.Has(at + ".total")) return;
  if (*first_byte <= total) return;
  context.ReportAt(at + ".first_byte", "has no effect, because it is longer than total",
                   "write a shorter time, or a longer total");
}

void CheckBackends(ReadContext& context, const Config& config) {
  if (config.backends.empty() && context.Has("backends") && !context.HasProblem("backends")) {
    context.ReportAt("backends", "is empty", "add at least one backend");
  }
  for (const Backend& backend : config.backends) {
    // A value that is not a mapping has been reported; further reports would be noise.
    if (!context.Has(Concat("backends.", backend.name, ".hosting")) && backend.models.empty() &&
        backend.replicas.empty()) {
      continue;
    }
    CheckBackend(context, config, backend);
    CheckFirstByte(context, backend.timeouts.first_byte, backend.timeouts.total,
                   Concat("backends.", backend.name));
  }
}

}  // namespace headgate::config
