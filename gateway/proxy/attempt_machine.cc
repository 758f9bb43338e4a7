#include "gateway/proxy/attempt_machine.h"

#include <algorithm>
#include <utility>

namespace headgate::gateway {

using backends::AttemptResult;

AttemptMachine::AttemptMachine(Plan plan, TimePoint deadline)
    : plan_(std::move(plan)), deadline_(deadline) {}

AttemptMachine::Step AttemptMachine::Start() const {
  if (plan_.empty()) return {.kind = Kind::kGiveUp};
  return {.kind = Kind::kSend, .plan_index = 0};
}

AttemptMachine::Step AttemptMachine::OnFailure(const AttemptFailure& failure, RetryBudget& budget,
                                               TimePoint now) {
  const backends::UpstreamError& error = failure.error;
  if (error.result == AttemptResult::kClientGone || now >= deadline_) {
    return {.kind = Kind::kGiveUp};
  }
  if (failure.untranslatable) return NextUntranslated();
  called_ = true;
  if (error.result == AttemptResult::kNoCredit) return Next();
  if (error.result == AttemptResult::kStatus4xx) {
    if (failure.stream_options_refused && !no_stream_options_) {
      // The backend refused what the gateway had added, so this is not a failure or a retry.
      no_stream_options_ = true;
      return {.kind = Kind::kSend, .plan_index = at_, .no_stream_options = true};
    }
    if (failure.context_too_long) return NextWithLargerContext();
    if (failure.documents_refused && at_ + 1 < plan_.size()) return SendTo(at_ + 1);
    return {.kind = Kind::kReturn, .plan_index = at_};  // every other target would refuse it as
                                                        // well
  }
  if (!retried_ && MayRetrySameTarget(failure) && budget.Take(now)) {
    retried_ = true;
    return {.kind = Kind::kSend,
            .plan_index = at_,
            .same_target = true,
            .no_stream_options = no_stream_options_,
            .wait = error.retry_after.value_or(std::chrono::milliseconds(0))};
  }
  return Next();
}

bool AttemptMachine::MayRetrySameTarget(const AttemptFailure& failure) const {
  if (failure.error.will_repeat) return false;
  switch (failure.error.result) {
    case AttemptResult::kStatus429:
      // If the backend does not say when to come back, retrying on the same account makes it worse.
      return failure.error.retry_after && *failure.error.retry_after <= kLongestWait;
    case AttemptResult::kConnectFailed:
    case AttemptResult::kTlsFailed:
    case AttemptResult::kFirstTokenTimeout:
    case AttemptResult::kRejected:
      // The first three eject the replica at once, and a replica that rejects (it serves another
      // model) will reject again. So only another replica of the target can help.
      return plan_[at_].replicas > 1;
    default:
      return !failure.error.retry_after || *failure.error.retry_after <= kLongestWait;
  }
}

AttemptMachine::Step AttemptMachine::Next() {
  if (at_ + 1 >= plan_.size()) return {.kind = Kind::kGiveUp, .plan_index = at_};
  return SendTo(at_ + 1);
}

AttemptMachine::Step AttemptMachine::SendTo(std::size_t plan_index) {
  at_ = plan_index;
  retried_ = false;
  no_stream_options_ = false;
  return {.kind = Kind::kSend, .plan_index = at_};
}

AttemptMachine::Step AttemptMachine::NextWithLargerContext() {
  const std::int64_t tried = plan_[at_].context;
  for (std::size_t i = at_ + 1; i < plan_.size(); ++i) {
    if (plan_[i].context != 0 && plan_[i].context <= tried) continue;
    return SendTo(i);
  }
  return {.kind = Kind::kReturn, .plan_index = at_};
}

// A request that cannot be said in one other protocol is not tried in a second one: the client can
// be told what to change. If a backend of the client's own protocol has failed, that failure
// counts.
AttemptMachine::Step AttemptMachine::NextUntranslated() {
  for (std::size_t i = at_ + 1; i < plan_.size(); ++i) {
    if (!plan_[i].translated) return SendTo(i);
  }
  return {.kind = called_ ? Kind::kGiveUp : Kind::kReturn, .plan_index = at_};
}

}  // namespace headgate::gateway
