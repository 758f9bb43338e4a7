// What a ProxiedRequest makes of failed attempts: the backend's error answers, and the error that
// the client gets in the end.
#include <algorithm>

#include "backends/net/retry_after.h"
#include "backends/protocols/openai/error_body.h"
#include "gateway/accounting/refusal_verdict.h"
#include "gateway/connection/session.h"
#include "gateway/connection/worker.h"
#include "gateway/log/operator_log.h"
#include "gateway/proxy/proxied_request.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

constexpr std::size_t kLongestErrorAnswer = 64u << 10;
// How long the rest of an error answer may take in all, and how long each piece of it: the client
// waits meanwhile for the next attempt. Without the rest the status alone has to do.
constexpr std::chrono::milliseconds kErrorTail(5000);
constexpr std::chrono::milliseconds kErrorSilence(1000);

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
std::string LoggableRefusal(const backends::openai::ErrorBody& refusal,
                            const policy::Scrubber& scrubber) {
  std::string text = "the backend answered " + std::to_string(refusal.status);
  const std::string type = scrubber.Scrub(refusal.type);
  const std::string code = scrubber.Scrub(refusal.code);
  if (IsWord(type)) text.append(", type ").append(type);
  if (IsWord(code)) text.append(", code ").append(code);
  return text;
}

// What a client may know of an attempt: nothing of our account.
std::string_view ToldToClients(const AttemptRecord& attempt) {
  // What came instead of an answer says more than that it was malformed.
  if (attempt.result == AttemptResult::kMalformed && !attempt.error.empty()) return attempt.error;
  return attempt.result == AttemptResult::kNoCredit ? "unavailable"
                                                    : backends::ToString(attempt.result);
}

}  // namespace

bool ProxiedRequest::FailAttempt(AttemptResult result, std::string_view detail) {
  failure_.error.result = result;
  failure_.error.detail = detail;
  attempt().error = detail;
  return false;
}

bool ProxiedRequest::FailForGood(std::string_view detail) {
  failure_.error.will_repeat = true;
  return FailAttempt(AttemptResult::kMalformed, detail);
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
  const TimePoint last = SteadyClock::now() + kErrorTail;
  // The text of a page is not used, so the rest of it is worth less than the time it takes.
  bool more = !exchange_->head().markup;
  while (more && !exchange_->complete() && exchange_->body().size() < kLongestErrorAnswer) {
    const TimePoint now = SteadyClock::now();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(last - now);
    exchange_->Expect(now, std::clamp(left, std::chrono::milliseconds(0), kErrorSilence));
    more = co_await exchange_->ReadMore();
  }
  const backends::openai::ErrorBody body =
      backends::openai::ReadErrorBody(status, exchange_->body(), exchange_->head().markup);
  const backends::ResponseHead& head = exchange_->head();
  failure_.error.retry_after = backends::ReadRetryAfter(
      head.retry_after_ms, head.retry_after, head.date, std::chrono::system_clock::now());
  FailRefused(body);
  exchange_->Finish(SteadyClock::now());
}

// Some servers say 200 before they know. Where the error has the status of a refusal in it, it is a
// refusal like any other; else it is a fault.
bool ProxiedRequest::FailInBand(std::string_view error, std::string_view detail) {
  backends::openai::ErrorBody body = backends::openai::ReadErrorBody(0, error);
  body.status = ImpliedStatus(body);
  if (body.status < 400 || body.status >= 500) {
    return FailAttempt(AttemptResult::kErrorEvent, detail);
  }
  FailRefused(body);
  return false;
}

// Notes a refusal, and what it means for the attempts that follow and for those who run this.
void ProxiedRequest::FailRefused(const backends::openai::ErrorBody& body) {
  const bool embeds = endpoint_.endpoint == routing::Endpoint::kEmbeddings;
  const RefusalVerdict verdict = JudgeRefusal(
      body,
      {.markup = exchange_->head().markup,
       .usual_endpoint = target().chat ? endpoint_.endpoint == routing::Endpoint::kChat : embeds,
       .retry_after = failure_.error.retry_after});
  failure_.error.status = body.status;
  failure_.context_too_long = body.context_too_long;
  failure_.stream_options_refused = body.names_stream_options && sent_stream_options_;
  attempt().status = body.status;
  attempt().blame = verdict.blame;
  TakeRefusal(body);
  FailAttempt(client_gone_ ? AttemptResult::kClientGone : verdict.result,
              LoggableRefusal(body, record_.snapshot->scrubber));
  if (client_gone_) return;
  if (!verdict.alert.empty()) {
    OperatorLog::Alert(verdict.alert, target().name, failure_.error.detail);
  }
  if (verdict.result == AttemptResult::kStatus429) KeepRateLimit();
}

// Keeps a refusal in the backend's words, without our secrets.
void ProxiedRequest::TakeRefusal(const backends::openai::ErrorBody& body) {
  const policy::Scrubber& scrubber = record_.snapshot->scrubber;
  const std::string_view usual_type =
      body.status == 429 ? "rate_limit_error" : "invalid_request_error";
  returned_error_ = {.status = body.status,
                     .type = scrubber.Scrub(body.type.empty() ? usual_type : body.type),
                     .code = scrubber.Scrub(body.code),
                     .param = scrubber.Scrub(body.param),
                     .message = scrubber.Scrub(body.message),
                     .retry_after_s = {}};
}

// Of several the one that asks for the shortest wait, so that words and wait belong together.
void ProxiedRequest::KeepRateLimit() {
  const std::optional<std::chrono::milliseconds>& wait = failure_.error.retry_after;
  const bool shorter = wait && (!rate_limited_wait_ || *wait < *rate_limited_wait_);
  if (rate_limited_ && !shorter) return;
  rate_limited_ = returned_error_;
  rate_limited_wait_ = wait;
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
    text += ToldToClients(attempt);
    text += ")";
  }
  return text + ".";
}

ClientError ProxiedRequest::FinalError() const {
  const int usual_wait = SecondsToNextTry();
  ClientError error{.status = 503,
                    .type = "server_error",
                    .code = "upstream_unavailable",
                    .param = {},
                    .message = "No backend could answer.",
                    .retry_after_s = failed_.SecondsToWait(usual_wait)};
  if (cut_) {
    if (stream_begun_) error.code = "gateway_shutdown";
    error.message = "The gateway is shutting down; try again.";
    error.retry_after_s = usual_wait;
    return error;
  }
  if (failed_.AllRateLimited() && rate_limited_) {
    ClientError theirs = *rate_limited_;
    theirs.retry_after_s = error.retry_after_s;
    return theirs;
  }
  if (failed_.AllPermanent()) {
    error.status = 502;
    error.code = "upstream_error";
    error.never_retry = failed_.NeedAPerson();
  }
  error.message += Tried();
  return error;
}

}  // namespace headgate::gateway
