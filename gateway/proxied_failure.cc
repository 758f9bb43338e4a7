// What a ProxiedRequest makes of failed attempts: the backend's error answers, and the error that
// the client gets in the end.
#include <algorithm>
#include <charconv>

#include "backends/openai/answer.h"
#include "gateway/operator_log.h"
#include "gateway/proxied_request.h"
#include "gateway/session.h"
#include "gateway/worker.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

constexpr std::size_t kLongestErrorAnswer = 64u << 10;
// How long the rest of an error answer may take; without it the status alone has to do.
constexpr std::chrono::milliseconds kErrorTail(5000);
// A Retry-After that is a date, or none we understand: long enough to move on.
constexpr std::chrono::milliseconds kUnknownWait = std::chrono::minutes(1);

// Whether the backend refuses us and not the client: our key, our right to a model, or the model's
// name, all of which stand in the configuration. A 403 or 404 about a field of the request, or
// about what it says, is the client's: clients must not be able to have a target passed over.
bool RejectsUs(int status, const backends::openai::ErrorBody& body) {
  if (status == 401) return true;
  if (status != 403 && status != 404) return false;
  return !body.content_policy && (body.param.empty() || body.param == "model");
}

AttemptResult ResultOfStatus(int status, const backends::openai::ErrorBody& body) {
  if (RejectsUs(status, body)) return AttemptResult::kRejected;
  if (status == 429) return AttemptResult::kStatus429;
  // TGI answers 424 when generation failed: a fault of its own.
  if (status >= 500 || status == 408 || status == 409 || status == 424) {
    return AttemptResult::kStatus5xx;
  }
  return status >= 400 ? AttemptResult::kStatus4xx : AttemptResult::kMalformed;
}

std::optional<std::chrono::milliseconds> RetryAfter(const backends::ResponseHead& head) {
  const auto number = [](std::string_view text) -> std::optional<double> {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || !(value >= 0) || value > 1e6) return std::nullopt;
    return value;
  };
  const auto as_milliseconds = [](double ms) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(ms));
  };
  if (!head.retry_after_ms.empty()) {
    if (const auto ms = number(head.retry_after_ms)) return as_milliseconds(*ms);
  }
  if (head.retry_after.empty()) return std::nullopt;
  const auto seconds = number(head.retry_after);
  return seconds ? as_milliseconds(*seconds * 1000) : kUnknownWait;
}

bool IsWord(std::string_view text) {
  constexpr std::size_t kLongestWord = 64;
  return !text.empty() && text.size() <= kLongestWord &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

// What of a refusal may stand in a log: its status, and its type and code where they are single
// words. The message is for the client alone: backends quote what they refuse.
std::string LoggableRefusal(const ClientError& refusal) {
  std::string text = "the backend answered " + std::to_string(refusal.status);
  if (IsWord(refusal.type)) text.append(", type ").append(refusal.type);
  if (IsWord(refusal.code)) text.append(", code ").append(refusal.code);
  return text;
}

}  // namespace

bool ProxiedRequest::FailAttempt(AttemptResult result, std::string_view detail) {
  failure_.error.result = result;
  failure_.error.detail = detail;
  attempt().error = detail;
  return false;
}

bool ProxiedRequest::FailExchange() {
  failure_.error = exchange_->error();
  attempt().error = failure_.error.detail;
  if (failure_.error.result == AttemptResult::kTlsFailed) {
    OperatorLog::Alert("a backend's TLS fails", target().name, failure_.error.detail);
  }
  return false;
}

// Reads a refusing answer and turns it into failure_ and, should it be the client's own fault,
// returned_error_.
Awaitable<void> ProxiedRequest::ReadErrorAnswer() {
  const int status = exchange_->head().status;
  exchange_->Expect(SteadyClock::now(), kErrorTail);
  while (!exchange_->complete() && exchange_->body().size() < kLongestErrorAnswer) {
    if (!co_await exchange_->ReadMore()) break;
  }
  const backends::openai::ErrorBody body =
      backends::openai::ReadErrorBody(status, exchange_->body());
  const policy::Scrubber& scrubber = record_.snapshot->scrubber;
  const AttemptResult result =
      client_gone_ ? AttemptResult::kClientGone : ResultOfStatus(status, body);
  failure_.error.status = status;
  failure_.error.retry_after = RetryAfter(exchange_->head());
  failure_.context_too_long = body.context_too_long;
  attempt().status = status;
  returned_error_ = {
      .status = status,
      .type = body.type.empty() ? "invalid_request_error" : scrubber.Scrub(body.type),
      .code = scrubber.Scrub(body.code),
      .param = scrubber.Scrub(body.param),
      .message = scrubber.Scrub(body.message),
      .retry_after_s = {}};
  FailAttempt(result, LoggableRefusal(returned_error_));
  if (result == AttemptResult::kRejected) {
    OperatorLog::Alert(status == 404 ? "a backend does not have the model, or its url is wrong"
                                     : "a backend rejects its api_key",
                       target().name, failure_.error.detail);
  }
  exchange_->Finish(SteadyClock::now());
}

// Until a target of the plan may be tried: the end of the shortest ejection, at least one second.
int ProxiedRequest::SecondsToNextTry() const {
  const TimePoint now = SteadyClock::now();
  TimePoint first = TimePoint::max();
  for (const routing::PlannedTarget& planned : plan_) {
    first = std::min(first, record_.snapshot->fleet->NextTry(planned.target, now));
  }
  return std::max(1,
                  static_cast<int>(std::chrono::ceil<std::chrono::seconds>(first - now).count()));
}

// What was called, and how it ended: by name for keys that may see how requests are served. The
// others learn how many calls there were; whom a company buys from is not their affair.
std::string ProxiedRequest::Tried() const {
  const std::size_t calls = record_.attempts.size();
  if (!client_.expose()) {
    return " " + std::to_string(calls) + (calls == 1 ? " call was made." : " calls were made.");
  }
  std::string text = " Tried: ";
  for (const AttemptRecord& attempt : record_.attempts) {
    if (&attempt != record_.attempts.data()) text += ", ";
    text += record_.snapshot->policy->targets()[attempt.target].name;
    text += " (";
    text += backends::ToString(attempt.result);
    text += ")";
  }
  return text + ".";
}

// Nothing is left to try.
ClientError ProxiedRequest::ExhaustedError() const {
  ClientError error{.status = 503,
                    .type = "server_error",
                    .code = "upstream_unavailable",
                    .param = {},
                    .message = "No backend could answer.",
                    .retry_after_s = SecondsToNextTry()};
  if (cut_) {
    error.message = "The gateway is shutting down; try again.";
    return error;
  }
  const backends::UpstreamError& last = failure_.error;
  if (last.result == AttemptResult::kMalformed || last.result == AttemptResult::kRejected) {
    // Waiting will not make it better: the backend or its configuration is wrong.
    error.status = 502;
    error.code = "upstream_error";
    error.retry_after_s.reset();
  }
  if (last.retry_after) {
    error.retry_after_s = static_cast<int>((last.retry_after->count() + 999) / 1000);
  }
  error.message += Tried();
  return error;
}

}  // namespace headgate::gateway
