#include "gateway/attempt/attempt_books.h"

#include <algorithm>
#include <optional>

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

void Teach(const Bill& bill, const OutgoingRequest& request, const RequestAccount& account,
           const AttemptAccount& entry) {
  routing::LearnedTarget& learned = account.snapshot->fleet->learned(entry.target);
  // Otherwise images and audio would count as text with so many tokens per byte.
  const std::int64_t text_tokens =
      std::max<std::int64_t>(bill.usage.input - request.other_input, 0);
  learned.ObserveTokens(request.text_bytes, text_tokens, bill.usage.output,
                        account.classification->request_class);
  // A non-streamed answer does not tell when its first token was ready.
  if (entry.first_token == TimePoint{}) return;
  learned.ObservePace(entry.ended - entry.first_token, bill.usage.output);
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

Bill BookAttempt(const EndedAttempt& ended, const OutgoingRequest& request,
                 const RequestAccount& account, AttemptAccount& entry) {
  const Snapshot& snapshot = *account.snapshot;
  if (const std::optional<bool> failed = FailureToLearn(ended.result, ended.cut)) {
    snapshot.fleet->learned(entry.target).ObserveAttempt(*failed, entry.ended);
  }
  const Bill bill = BillOf({.result = ended.result,
                            .sent = ended.sent,
                            .generates = routing::Generates(request.endpoint.endpoint),
                            .free = request.endpoint.endpoint == routing::Endpoint::kCountTokens,
                            .heard_to_the_end = ended.heard_to_the_end,
                            .output_seen = ended.output_seen,
                            .input_estimate = account.estimated_input_tokens,
                            .most_output = request.most_output,
                            .rent = ended.rent},
                           ended.usage, snapshot.policy->targets()[entry.target]);
  entry.result = ended.result;
  entry.usage = bill.usage;
  entry.usage_status = bill.status;
  entry.tier = bill.tier;
  entry.cost = bill.cost;
  // The rest of an answer is shorter than an answer, and its prompt is longer than the client's.
  const bool usual = ended.result == AttemptResult::kOk && bill.learned && !entry.rest;
  if (usual) Teach(bill, request, account, entry);
  return bill;
}

}  // namespace headgate::gateway
