#include "gateway/proxy/final_error.h"

#include <string>
#include <string_view>

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

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

void KeptRateLimit::Keep(const ClientError& refusal,
                         std::optional<std::chrono::milliseconds> wait) {
  const bool shorter = wait && (!wait_ || *wait < *wait_);
  if (refusal_ && !shorter) return;
  refusal_ = refusal;
  wait_ = wait;
}

ClientError FinalError(const LastResort& last, const RequestAccount& account) {
  ClientError error{.status = 503,
                    .type = "server_error",
                    .code = "upstream_unavailable",
                    .param = {},
                    .message = "No backend could answer.",
                    .retry_after_s = last.failed.SecondsToWait(last.seconds_to_next_try)};
  if (last.cut) {
    if (last.stream_begun) error.code = "gateway_shutdown";
    error.message = "The gateway is shutting down; try again.";
    error.retry_after_s = last.seconds_to_next_try;
    return error;
  }
  if (last.failed.AllRateLimited() && last.rate_limit.refusal()) {
    ClientError theirs = *last.rate_limit.refusal();
    theirs.retry_after_s = error.retry_after_s;
    return theirs;
  }
  if (last.failed.AllPermanent()) {
    error.status = 502;
    error.code = "upstream_error";
    error.never_retry = last.failed.NeedAPerson();
  }
  error.message += Tried(account, last.expose);
  return error;
}

}  // namespace headgate::gateway
