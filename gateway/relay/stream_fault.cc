#include "gateway/relay/stream_fault.h"

#include <chrono>

#include "backends/protocols/client_writer.h"
#include "backends/protocols/errors/error_reader.h"
#include "config/base/unix_time.h"
#include "gateway/attempt/refusal.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

constexpr std::string_view kShutdown = "The gateway is shutting down.";
constexpr std::string_view kTooLong =
    "The answer has more than 32 MiB, which is too much to be translated.";

std::string_view ExplainCut(AttemptResult result) {
  switch (result) {
    case AttemptResult::kStalled:
      return "The backend stopped sending in the middle of its answer.";
    case AttemptResult::kTotalTimeout:
      return "The answer took longer than this gateway gives a request.";
    case AttemptResult::kMalformed:
      return "The backend sent something that is not a valid stream.";
    default:
      return "The backend's answer broke off.";
  }
}

void AppendError(const ClientError& error, const ClientResponse& response,
                 const backends::BegunAnswer& begun, std::string& out) {
  backends::AppendErrorEvent(response.protocol(), response.ErrorDocument(error), begun, out);
}

// Fills in what is not known of the answer: a stream that fails may not have said it.
backends::BegunAnswer Known(backends::BegunAnswer begun, const RequestAccount& account) {
  if (begun.id.empty()) begun.id = account.id.View();
  if (begun.model.empty()) begun.model = account.model;
  if (begun.created == 0) {
    begun.created = UnixSeconds();
  }
  return begun;
}

// A backend's error event in the shape that SDKs read, without our secrets.
void AppendTheirError(std::string_view data, bool translated, const policy::Scrubber& scrubber,
                      const ClientResponse& response, const backends::BegunAnswer& begun,
                      std::string& out) {
  const backends::ClientProtocol protocol = response.protocol();
  if (!translated && backends::IsErrorDocument(protocol, data)) {
    backends::AppendErrorEvent(protocol, scrubber.Scrub(data), begun, out);
    return;
  }
  if (!translated && protocol == backends::ClientProtocol::kAnthropic) {
    const std::string document = PassingDocument(data, protocol, scrubber);
    const bool one_line = document.find_first_of("\r\n") == std::string::npos;
    if (!document.empty() && one_line) {
      return backends::AppendErrorEvent(protocol, document, begun, out);
    }
  }
  const backends::ErrorBody body = backends::ReadErrorBody(0, data);
  if (translated) {
    return AppendError(TranslatedFault(body, protocol, scrubber), response, begun, out);
  }
  AppendError({.status = 502,
               .type = body.type.empty() ? "server_error" : scrubber.Scrub(body.type),
               .code = body.code.empty() ? "upstream_error" : scrubber.Scrub(body.code),
               .param = scrubber.Scrub(body.param),
               .message = body.has_words ? scrubber.Scrub(body.message)
                                         : std::string(ExplainCut(AttemptResult::kErrorEvent)),
               .retry_after_s = {}},
              response, begun, out);
}

}  // namespace

std::string_view ExplainFault(const Attempt& attempt, AttemptResult result) {
  if (attempt.cut() && result != AttemptResult::kErrorEvent) return kShutdown;
  return attempt.events().too_long() ? kTooLong : ExplainCut(result);
}

ClientError ShutdownError() {
  return {.status = 502,
          .type = "server_error",
          .code = "gateway_shutdown",
          .param = {},
          .message = std::string(kShutdown),
          .retry_after_s = {}};
}

void AppendStreamError(const ClientError& error, const backends::BegunAnswer& begun,
                       const ClientResponse& response, const RequestAccount& account,
                       std::string& out) {
  AppendError(error, response, Known(begun, account), out);
}

void AppendFault(const Attempt& attempt, AttemptResult result, const ClientResponse& response,
                 const RequestAccount& account, std::string& out) {
  const backends::BegunAnswer begun = Known(attempt.events().begun(), account);
  if (result == AttemptResult::kErrorEvent) {
    return AppendTheirError(attempt.events().error(), attempt.rewritten(),
                            account.snapshot->scrubber, response, begun, out);
  }
  if (attempt.cut()) return AppendError(ShutdownError(), response, begun, out);
  AppendError({.status = 502,
               .type = "server_error",
               .code = "upstream_error",
               .param = {},
               .message = std::string(ExplainFault(attempt, result)),
               .retry_after_s = {}},
              response, begun, out);
}

}  // namespace headgate::gateway
