#include "gateway/attempt/attempt_books.h"

#include <algorithm>
#include <optional>

#include "gateway/attempt/attempt_limits.h"
#include "gateway/attempt/outcome.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

void Teach(const Bill& bill, const OutgoingRequest& request, const RequestAccount& account,
           const AttemptAccount& entry) {
  routing::LearnedTarget& learned = account.snapshot->fleet->learned(entry.target);
  // Otherwise images and audio would count as text with so many tokens per byte.
  const std::int64_t text_tokens =
      std::max<std::int64_t>(bill.usage.input - request.size.other_input_tokens, 0);
  const std::int64_t choices = std::max(request.size.choices, 1);
  const std::int64_t choice_tokens = (bill.usage.output + choices - 1) / choices;
  learned.ObserveTokens(request.size.text_bytes, text_tokens, choice_tokens,
                        account.classification->request_class);
  learned.ObserveCached(bill.usage.input, bill.usage.cached_input);
  // A non-streamed answer does not tell when its first token was ready.
  if (entry.first_token == TimePoint{}) return;
  learned.ObservePace(entry.ended - entry.first_token, choice_tokens);
}

}  // namespace

std::size_t OpenEntry(RequestAccount& account, std::size_t target, TimePoint now) {
  if (account.attempts.empty()) account.overhead += now - account.body_read;
  AttemptAccount& entry = account.attempts.emplace_back();
  entry.target = target;
  entry.started = entry.ended = now;
  return account.attempts.size() - 1;
}

void EndWait(AttemptResult result, TimePoint now, routing::WaitingStream& waiting) {
  switch (WaitLessonOf(result)) {
    case WaitLesson::kGivenUp:
      return waiting.GiveUp(now);
    case WaitLesson::kAnswered:
      return waiting.Answered(now);
    case WaitLesson::kNothing:
      return waiting.Stop();
  }
}

bool BeganLate(const AttemptAccount& entry, const OutgoingRequest& request,
               const RequestAccount& account, std::int64_t output_seen) {
  if (entry.result != AttemptResult::kTotalTimeout) return false;
  return !HadTimeToAnswer(
      {.ran = entry.ended - entry.started,
       .usual = account.stream ? UsualFirstToken(account, entry.target, entry.ended)
                               : UsualAnswer(account, request.size, entry.target, entry.ended),
       .total = TimeoutsOf(account, entry.target, request.most_output).total,
       .output_seen = output_seen});
}

UsedPermit BookAttempt(const EndedAttempt& ended, const OutgoingRequest& request,
                       const RequestAccount& account, AttemptAccount& entry) {
  const Snapshot& snapshot = *account.snapshot;
  if (const std::optional<bool> failed = FailureToLearn(ended.result, ended.excused)) {
    snapshot.fleet->learned(entry.target).ObserveAttempt(*failed, entry.ended);
  }
  const Bill bill = BillOf({.result = ended.result,
                            .sent = ended.sent,
                            .generates = routing::Generates(request.endpoint.endpoint),
                            .free = request.endpoint.endpoint == routing::Endpoint::kCountTokens,
                            .heard_to_the_end = ended.heard_to_the_end,
                            .output_seen = ended.output_seen,
                            .input_estimate = account.estimated_input_tokens,
                            .cached_share = snapshot.fleet->learned(entry.target).CachedShare(),
                            .most_output = request.most_output,
                            .rent = ended.rent,
                            .ended_unix = account.UnixSecondsAt(entry.ended)},
                           ended.usage, snapshot.policy->targets()[entry.target]);
  entry.result = ended.result;
  entry.usage = bill.usage;
  entry.usage_status = bill.status;
  entry.tier = bill.tier;
  entry.cost = bill.cost;
  if (const auto& served = snapshot.fleet->BackendOf(entry.target).served) served->Add(bill.usage);
  // The rest of an answer is shorter than an answer, and its prompt is longer than the client's.
  const bool usual = ended.result == AttemptResult::kOk && bill.learned && !entry.rest;
  if (usual) Teach(bill, request, account, entry);
  UsedPermit used{.sent = ended.sent, .cost = bill.cost};
  if (bill.exact_tokens) used.tokens = bill.usage.input + bill.usage.output;
  return used;
}

}  // namespace headgate::gateway
