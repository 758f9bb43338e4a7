#include "gateway/admin/pages.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <utility>

#include "backends/net/types.h"
#include "gateway/admin/status.h"

namespace headgate::gateway {
namespace {

// Bytes of a request to be explained. The request is held in memory before its token is checked.
constexpr std::size_t kLongestQuestion = 4u << 20;

AdminAnswer Json(int status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

AdminAnswer Metrics(const AdminSources& sources) {
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = sources.exposition.Text()};
}

AdminAnswer Readiness(const AdminSources& sources) {
  if (!sources.ready()) return Json(503, R"({"status":"draining"})");
  if (sources.ledger == nullptr || sources.ledger->accepting()) {
    return Json(200, R"({"status":"ready"})");
  }
  return Json(503,
              R"({"status":"ledger_unavailable","reason":"the ledger cannot be written, so every )"
              R"(request that costs something is refused; the operator's log says why"})");
}

AdminAnswer Status(const AdminSources& sources, TimePoint started) {
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(SteadyClock::now() - started);
  return Json(200, StatusJson(sources.reloader, sources.ledger, sources.ready(), uptime));
}

AdminAnswer Reload(const AdminSources& sources) {
  const Reloader::Outcome outcome = sources.reload();
  boost::json::object json{{"reloaded", outcome.successful}, {"generation", outcome.generation}};
  if (outcome.successful) {
    json["changes"] = TextsJson(outcome.changes);
  } else {
    json["diagnostics"] = DiagnosticsJson(outcome.diagnostics);
  }
  return Json(outcome.successful ? 200 : 422, boost::json::serialize(json));
}

}  // namespace

AdminEndpoints AdminPages(const AdminSources& sources) {
  using enum AdminAccess;
  using Request = const AdminRequest&;
  const TimePoint started = SteadyClock::now();
  return AdminEndpoints({
      {"GET", "/metrics", kAnybody, kLongestAdminBody, [=](Request) { return Metrics(sources); }},
      {"GET", "/healthz", kAnybody, kLongestAdminBody,
       [](Request) { return Json(200, R"({"status":"alive"})"); }},
      {"GET", "/readyz", kAnybody, kLongestAdminBody, [=](Request) { return Readiness(sources); }},
      {"GET", "/status", kOperator, kLongestAdminBody,
       [=](Request) { return Status(sources, started); }},
      {"POST", "/reload", kOperator, kLongestAdminBody, [=](Request) { return Reload(sources); }},
      {"POST", "/explain", kOperator, kLongestQuestion,
       [=](Request request) { return sources.explain.Explain(request.body); }},
      {"GET", "/keys", kOperator, kLongestAdminBody, [=](Request) { return sources.keys.List(); }},
      {"POST", "/keys", kOperator, kLongestAdminBody,
       [=](Request request) { return sources.keys.Make(request.body); }},
      {"PUT", "/keys/", kOperator, kLongestAdminBody,
       [=](Request request) {
         return sources.keys.Allow(request.path().substr(std::string_view("/keys/").size()));
       }},
      {"DELETE", "/keys/", kOperator, kLongestAdminBody,
       [=](Request request) {
         return sources.keys.Revoke(request.path().substr(std::string_view("/keys/").size()));
       }},
  });
}

}  // namespace headgate::gateway
