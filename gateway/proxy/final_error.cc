#include "gateway/proxy/final_error.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

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
  if (calls == 0) return " No call was made.";
  std::string text = " Tried: ";
  for (const AttemptAccount& attempt : account.attempts) {
    if (&attempt != account.attempts.data()) text += ", ";
    text += account.snapshot->policy->targets()[attempt.target].name;
    text.append(" (").append(ToldToClients(attempt)).append(")");
  }
  return text + ".";
}

ClientError Unavailable(std::string message, std::optional<int> retry_after_s) {
  return {.status = 503,
          .type = "server_error",
          .code = "upstream_unavailable",
          .param = {},
          .message = std::move(message),
          .retry_after_s = retry_after_s};
}

int SecondsOf(std::chrono::milliseconds time) {
  return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(time).count());
}

// Returns whether the time of the request was over in a queue before any backend was asked.
bool TimedOutInQueue(const LastResort& last, const RequestAccount& account) {
  return !last.cut && last.attempts.timeout() && account.attempts.empty() &&
         last.attempts.failed().none();
}

// Returns how a queue has refused a request with 429.
Rejection RejectionOf(QueueEnd::Why why) {
  switch (why) {
    case QueueEnd::Why::kTooLate:
      return Rejection::kWaitTooLong;
    case QueueEnd::Why::kShed:
      return Rejection::kShed;
    case QueueEnd::Why::kMaxWait:
      return Rejection::kMaxWait;
    default:
      return Rejection::kQueueFull;
  }
}

// Returns how its waits in queues ended, separated by "; ".
std::string WordsOf(const std::vector<EndedWait>& ends) {
  std::string words;
  for (const EndedWait& end : ends) {
    if (!words.empty()) words += "; ";
    words += end.how;
  }
  return words;
}

// Returns whether no backend has failed the request: none was asked, or its attempts were moved
// aside.
bool NoneHasFailed(const RequestAccount& account) {
  return std::all_of(
      account.attempts.begin(), account.attempts.end(),
      [](const AttemptAccount& attempt) { return attempt.result == AttemptResult::kMovedAside; });
}

// Notes a request that a drain has ended before a backend answered it.
void NoteDrained(RequestAccount& account) {
  const auto queued = std::chrono::round<std::chrono::milliseconds>(account.queued).count();
  account.outcome = RequestOutcome::kRefused;
  account.rejection = Rejection::kDraining;
  if (account.attempts.empty() && queued == 0) {
    account.error = "The gateway shut down before a backend was asked";
  } else {
    account.error = config::Concat("The gateway shut down after ", queued, " ms in queues");
  }
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
                   wait, std::nullopt);
  return error;
}

void VainAttempts::AddQueueEnd(const AttemptFailure& failure, bool expose) {
  const QueueEnd& end = *failure.queue_end;
  const std::string told = WordsOf(end, expose ? end.backend : "this model") + ".";
  queue_ends_.push_back({std::string(end.backend), failure.error.detail});
  if (end.why == QueueEnd::Why::kDown || end.why == QueueEnd::Why::kDrained) return;
  if (!failure.queue_full) {
    timeout_ = Unavailable(told, SecondsOf(*failure.error.retry_after));
    return;
  }
  failed_.Add(failure.error);
  rate_limit_.Keep(
      {.status = 429, .type = "rate_limit_error", .code = std::string(kQueueFull), .message = told},
      failure.error.retry_after, RejectionOf(end.why));
}

void KeptRateLimit::Keep(const ClientError& refusal, std::optional<std::chrono::milliseconds> wait,
                         std::optional<Rejection> queue) {
  const bool shorter = wait && (!wait_ || *wait < *wait_);
  if (refusal_ && !shorter) return;
  refusal_ = refusal;
  wait_ = wait;
  queue_ = queue;
}

ClientError FinalError(const LastResort& last, const RequestAccount& account) {
  if (TimedOutInQueue(last, account)) return *last.attempts.timeout();
  ClientError error = Unavailable("No backend could answer.",
                                  last.attempts.failed().SecondsToWait(last.seconds_to_next_try));
  if (last.cut) {
    error.code = "gateway_shutdown";
    error.message = "The gateway is shutting down; try again.";
    error.retry_after_s = last.seconds_to_next_try;
    return error;
  }
  if (last.attempts.failed().AllRateLimited() && last.attempts.rate_limit().refusal()) {
    ClientError theirs = *last.attempts.rate_limit().refusal();
    theirs.retry_after_s = error.retry_after_s;
    return theirs;
  }
  if (last.attempts.failed().AllPermanent()) {
    error.status = 502;
    error.code = "upstream_error";
    error.never_retry = last.attempts.failed().NeedAPerson();
  }
  error.message += Tried(account, last.expose);
  return error;
}

void NoteFinalError(const LastResort& last, const ClientError& error, RequestAccount& account) {
  if (last.cut && NoneHasFailed(account)) return NoteDrained(account);
  std::optional<Rejection> rejection;
  if (TimedOutInQueue(last, account)) {
    rejection = Rejection::kQueueTimeout;
  } else if (error.code == kQueueFull) {
    rejection = last.attempts.rate_limit().queue();
  }
  const std::string ends = WordsOf(last.attempts.queue_ends());
  if (!rejection) {
    account.outcome = RequestOutcome::kUpstreamError;
    if (account.error.empty()) account.error = ends;
    return;
  }
  account.outcome = RequestOutcome::kRefused;
  account.rejection = rejection;
  account.error = ends;
}

LateRefusal RefusalOf(const VainAttempts& attempts, const RequestAccount& account) {
  LateRefusal refusal{*account.rejection, attempts.queue_ends(), account.budget_code, {}};
  if (account.rejection == Rejection::kBudget) refusal.words = account.error;
  return refusal;
}

void NoteRefusal(bool untranslatable, RequestAccount& account) {
  if (untranslatable) account.rejection = Rejection::kBadBody;
  account.outcome = account.rejection ? RequestOutcome::kRefused : RequestOutcome::kClientError;
}

}  // namespace headgate::gateway
