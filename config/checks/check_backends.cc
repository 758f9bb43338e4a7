#include <algorithm>

#include "config/base/text.h"
#include "config/checks/checks.h"
#include "config/checks/lookup.h"
#include "config/reader/address.h"

namespace headgate::config {
namespace {

bool SameUrl(const Url& a, const Url& b) {
  return a.tls == b.tls && a.host == b.host && a.port == b.port && a.path == b.path;
}

void CheckPaidApi(Reading& reading, const Backend& backend, const std::string& path) {
  if (reading.Says(path + ".replicas")) {
    reading.ReportAt(path + ".replicas", "a paid_api has one address",
                     "write `url: https://…` instead of replicas");
  } else if (!reading.Says(path + ".url")) {
    reading.ReportAt(path, "has no `url`", "add `url:` with the API's address");
  }
  for (const std::string_view key : {"slots", "cost"}) {
    const std::string at = Concat(path, ".", key);
    if (reading.Says(at)) {
      reading.ReportAt(at, "belongs to self_hosted, but hosting is paid_api",
                       "remove it: a paid API is paid by the token");
    }
  }
  if (backend.replicas.empty() || reading.HasProblem(path + ".url")) return;
  const Url& url = backend.replicas.front();
  if (IsLoopback(url.host)) return;
  if (!url.tls) {
    reading.ReportAt(path + (reading.Says(path + ".url") ? ".url" : ".replicas"),
                     "would send the key in the clear", "write https:// instead of http://");
  }
  if (!reading.Says(path + ".api_key") && backend.headers.empty()) {
    reading.ReportAt(path, "has no `api_key`", "add `api_key: ${NAME}` or `api_key: file:PATH`");
  }
}

void CheckSelfHosted(Reading& reading, const Backend& backend, const std::string& path) {
  if (reading.Says(path + ".url")) {
    reading.ReportAt(path + ".url", "a self_hosted backend has replicas",
                     "write `replicas: [http://…]` instead of url");
  } else if (!reading.Says(path + ".replicas")) {
    reading.ReportAt(path, "has no `replicas`", "add `replicas:` with a list of URLs");
  }
  if (!reading.Says(path + ".slots")) {
    reading.ReportAt(path, "has no `slots`",
                     "add `slots:` with the requests that one replica serves well at once");
  }
  if (!reading.Says(path + ".cost.per_replica_hour") && !reading.HasProblem(path + ".cost")) {
    reading.ReportAt(path, "does not say its rent",
                     "add `cost: {per_replica_hour: 2.10}`, or 0 when it costs nothing");
  }
  for (const ServedModel& served : backend.models) {
    if (!served.price) continue;
    reading.ReportAt(Concat(path, ".models.", served.model, ".price"),
                     "a self_hosted backend is paid by the hour, not by the token",
                     "remove it, and say the rent in cost.per_replica_hour");
  }
  const auto& replicas = backend.replicas;
  for (std::size_t i = 0; i < replicas.size() && !reading.HasProblem(path + ".replicas"); ++i) {
    if (std::any_of(replicas.begin(), replicas.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const Url& earlier) { return SameUrl(earlier, replicas[i]); })) {
      reading.ReportAt(Concat(path, ".replicas[", i, "]"), "is in the list twice",
                       "remove one of them: its rent would count twice");
    }
  }
}

void CheckBackend(Reading& reading, const Config& config, const Backend& backend) {
  const std::string path = Concat("backends.", backend.name);
  if (backend.models.empty() && reading.Says(path + ".models") &&
      !reading.HasProblem(path + ".models")) {
    reading.ReportAt(path + ".models", "is empty", "name at least one model that it serves");
  }
  for (const ServedModel& served : backend.models) {
    const std::string at = Concat(path, ".models.", served.model);
    if (!reading.HasProblem(at)) CheckModelExists(reading, config, at, served.model);
  }
  if (reading.Says(path + ".auth") && !reading.Says(path + ".api_key")) {
    reading.ReportAt(path + ".auth", "says how to send an api_key, but there is none",
                     "add `api_key`, or remove auth");
  }
  if (!backend.api_key.empty() &&
      std::any_of(backend.headers.begin(), backend.headers.end(),
                  [&](const auto& header) { return header.first == backend.auth_header; })) {
    reading.ReportAt(path + ".headers",
                     Concat("has `", backend.auth_header, "`, which carries the api_key"),
                     "remove the header, or remove api_key");
  }
  // Without a hosting the rules that hang on it would only guess.
  if (!reading.Says(path + ".hosting") || reading.HasProblem(path + ".hosting")) return;
  if (backend.hosting == Hosting::kPaidApi) {
    CheckPaidApi(reading, backend, path);
  } else {
    CheckSelfHosted(reading, backend, path);
  }
}

}  // namespace

void CheckBackends(Reading& reading, const Config& config) {
  if (config.backends.empty() && reading.Says("backends") && !reading.HasProblem("backends")) {
    reading.ReportAt("backends", "is empty", "add at least one backend");
  }
  for (const Backend& backend : config.backends) {
    // A value that is no mapping at all has been reported; the rest would be noise.
    if (!reading.Says(Concat("backends.", backend.name, ".hosting")) && backend.models.empty() &&
        backend.replicas.empty()) {
      continue;
    }
    CheckBackend(reading, config, backend);
  }
}

}  // namespace headgate::config
