#include "gateway/proxy/final_error.h"

#include <string>
#include <string_view>

#include "config/base/text.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

constexpr std::string_view kQueueFull = "queue_full";  // the code of an error

// Returns what a client may know of an attempt: nothing about our account.
std::string_view ToldToClients(const AttemptAccount& attempt) {
  // The description of what came instead of an answer is more useful than "malformed".
  if (attempt.result == AttemptResult::kMalformed && !attempt.error.empty()) return attempt.error;
  return attempt.result == AttemptResult::kNoCredit ? "unavailable"
                                                    : backends::ToString(attempt.result);
}

// Returns what was called, and how it ended. Keys that may see how requests are served get the
// names. Other keys get only the number of calls, because a company's suppliers are confidential.
std::string Tried(const RequestAccount& account, bool expose) {
  const std::size_t calls = account.attempts.size();
  if (!expose) {
    return " " + std::to_string(calls) + (calls == 1 ? " call was made." : " calls were made.");
  }
  std::string text = " Tried: ";
  for (const AttemptAccount& attempt : account.attempts) {
    if (&attempt != account.attempts.data()) text += ", ";
    text += account.snapshot->policy->targets()[attempt.target].name;
    text.append(" (").append(ToldToClients(attempt)).append(")");
  }
  return text + ".";
}

}  // namespace

backends::UpstreamError VainAttempts::AddProviderLimit(std::string_view target,
                                                       std::chrono::milliseconds wait) {
  backends::UpstreamError error;
  error.result = AttemptResult::kStatus429;
  error.retry_after = wait;
  error.detail = config::Concat(target, ": the limit of its provider is reached");
  failed_.Add(error);
  rate_limit_.Keep({.status = 429,
                    .type = "rate_limit_error",
                    .code = "rate_limit_exceeded",
                    .message = "The rate limit of the provider of this model is reached."},
                   wait);
  return error;
}

void VainAttempts::AddFullQueue(const backends::UpstreamError& error) {
  failed_.Add(error);
  rate_limit_.Keep({.status = 429,
                    .type = "rate_limit_error",
                    .code = std::string(kQueueFull),
                    .message = "Too many requests wait for this model."},
                   error.retry_after);
}

bool SaysQueueFull(const ClientError& error) { return error.code == kQueueFull; }

void KeptRateLimit::Keep(const ClientError& refusal,
                         std::optional<std::chrono::milliseconds> wait) {
  const bool shorter = wait && (!wait_ || *wait < *wait_);
  if (refusal_ && !shorter) return;
  refusal_ = refusal;
  wait_ = wait;
}

ClientError FinalError(const LastResort& last, const RequestAccount& account) {
  ClientError error{
      .status = 503,
      .type = "server_error",
      .code = "upstream_unavailable",
      .param = {},
      .message = "No backend could answer.",
      .retry_after_s = last.attempts.failed().SecondsToWait(last.seconds_to_next_try)};
  if (last.cut) {
    if (last.stream_begun) error.code = "gateway_shutdown";
    error.message = "The gateway is shutting down; try again.";
    error.retry_after_s = last.seconds_to_next_try;
    return error;
  }
  if (last.attempts.failed().AllRateLimited() && last.attempts.rate_limit()) {
    ClientError theirs = *last.attempts.rate_limit();
    theirs.retry_after_s = error.retry_after_s;
    return theirs;
  }
  if (last.attempts.failed().AllPermanent()) {
    error.status = 502;
    error.code = "upstream_error";
    error.never_retry = last.attempts.failed().NeedAPerson();
  }
  if (account.attempts.empty() && account.queued.count() > 0) {
    error.message = "All slots for this model stayed busy until the time of the request was over.";
    return error;
  }
  error.message += Tried(account, last.expose);
  return error;
}

}  // namespace headgate::gateway
