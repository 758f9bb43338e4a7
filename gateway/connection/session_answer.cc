// What a Session answers by itself, and how it sends.
#include "gateway/connection/session.h"
#include "gateway/connection/worker.h"
#include "gateway/http/cors.h"
#include "gateway/snapshot/models.h"

namespace headgate::gateway {

Awaitable<void> Session::AnswerLocally(const EndpointRow& row, std::string_view argument,
                                       RequestRecord& record) {
  record.endpoint = row.path;
  if (row.action == Action::kAlive) {
    // A load balancer that asks on a connection of its own must not send more here.
    const bool draining = worker_.draining();
    co_await SendWhole(draining ? 503 : 200, "text/plain; charset=utf-8",
                       draining ? "Headgate is shutting down.\n" : "Headgate is running.\n", {},
                       record);
    co_return;
  }
  if (row.action == Action::kListModels) {
    co_await SendWhole(200, "application/json", ModelListJson(*record.snapshot, record.key), {},
                       record);
    co_return;
  }
  if (const std::optional<std::string> json = ModelJson(*record.snapshot, record.key, argument)) {
    co_await SendWhole(200, "application/json", *json, {}, record);
  } else {
    record.rejection = Rejection::kModel;
    co_await SendError(UnknownModel(argument), record);
  }
}

// What a browser asks before it sends a page's request. A path that is not here may be asked for
// too: its 404 says more than a browser does about a preflight that failed.
Awaitable<void> Session::AnswerPreflight(std::string_view allow, RequestRecord& record) {
  record.status = 204;
  std::string fields;
  AppendPreflightFields(head_, allow.empty() ? "GET, HEAD, POST" : allow,
                        record.snapshot->policy->header_names(), fields);
  out_.clear();
  AppendAnswerHead({.status = 204,
                    .content_type = {},
                    .close = MustClose(),
                    .date = worker_.clock().HttpDate(std::chrono::system_clock::now()),
                    .request_id = record.id.View(),
                    .extra = fields,
                    .cors = cors_fields_},
                   out_);
  co_await Send(out_);
}

Awaitable<void> Session::SendWhole(int status, std::string_view content_type, std::string_view body,
                                   std::string_view extra, RequestRecord& record) {
  record.status = status;
  out_.clear();
  AppendAnswerHead({.status = status,
                    .content_type = content_type,
                    .content_length = body.size(),
                    .chunked = false,
                    .close = MustClose(),
                    .date = worker_.clock().HttpDate(std::chrono::system_clock::now()),
                    .request_id = record.id.View(),
                    .extra = extra,
                    .cors = cors_fields_},
                   out_);
  if (!without_body_) out_.append(body);
  co_await Send(out_);
}

Awaitable<void> Session::SendError(const ClientError& error, RequestRecord& record) {
  if (record.outcome == RequestOutcome::kOk) {
    record.outcome = error.status >= 500 ? RequestOutcome::kUpstreamError
                     : record.rejection  ? RequestOutcome::kRefused
                                         : RequestOutcome::kClientError;
  }
  if (record.error.empty()) record.error = error.message;
  std::string extra;
  if (error.retry_after_s) extra = "Retry-After: " + std::to_string(*error.retry_after_s) + "\r\n";
  if (error.never_retry) extra += "x-should-retry: false\r\n";
  if (error.status == 401) extra += "WWW-Authenticate: Bearer\r\n";
  if (!error.allow.empty()) extra.append("Allow: ").append(error.allow).append("\r\n");
  const std::string json =
      anthropic_errors_ ? AnthropicErrorJson(error, record.id.View()) : ErrorJson(error);
  co_await SendWhole(error.status, "application/json", json, extra, record);
}

Awaitable<bool> Session::Send(std::string_view bytes) {
  error_code error;
  bytes.remove_prefix(stream_.TryWrite(bytes, error));
  if (!error && !bytes.empty()) {
    // A client that takes nothing for this long is gone, whatever its socket says.
    SetDeadline(worker_.snapshot()->config->server.limits.idle_timeout);
    error = co_await stream_.Write(bytes);
    deadline_ = TimePoint::max();
  }
  if (error) client_gone_ = true;
  co_return !error;
}

}  // namespace headgate::gateway
