#include "gateway/attempt_machine.h"

#include <algorithm>
#include <utility>

namespace headgate::gateway {

using backends::AttemptResult;

bool RetryBudget::Take(TimePoint now) {
  if (last_ != TimePoint{} && now > last_) {
    const double seconds = std::chrono::duration<double>(now - last_).count();
    // The floor fills up to one second's worth only, whatever the idle time was.
    if (tokens_ < 3) tokens_ = std::min(3.0, tokens_ + 3 * seconds);
  }
  last_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

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
  if (error.result == AttemptResult::kStatus4xx) {
    if (failure.context_too_long) return NextWithLargerContext();
    // A rejected provider key or a model that is not there is this target's fault, not the
    // client's; everything else would be refused elsewhere as well.
    const bool targets_fault = error.status == 401 || error.status == 403 || error.status == 404;
    return targets_fault ? Next() : Step{.kind = Kind::kReturn, .plan_index = at_};
  }
  if (!retried_ && MayRetrySameTarget(failure) && budget.Take(now)) {
    retried_ = true;
    return {.kind = Kind::kSend,
            .plan_index = at_,
            .same_target = true,
            .wait = error.retry_after.value_or(std::chrono::milliseconds(0))};
  }
  return Next();
}

bool AttemptMachine::MayRetrySameTarget(const AttemptFailure& failure) const {
  switch (failure.error.result) {
    case AttemptResult::kStatus429:
      // Without a word on when, hammering the same account is the wrong answer.
      return failure.error.retry_after && *failure.error.retry_after <= kLongestWait;
    case AttemptResult::kConnectFailed:
    case AttemptResult::kTlsFailed:
    case AttemptResult::kFirstTokenTimeout:
      // These eject the replica at once: the target can help only if it has another one.
      return plan_[at_].replicas > 1;
    default:
      return !failure.error.retry_after || *failure.error.retry_after <= kLongestWait;
  }
}

AttemptMachine::Step AttemptMachine::Next() {
  if (at_ + 1 >= plan_.size()) return {.kind = Kind::kGiveUp, .plan_index = at_};
  ++at_;
  retried_ = false;
  return {.kind = Kind::kSend, .plan_index = at_};
}

AttemptMachine::Step AttemptMachine::NextWithLargerContext() {
  const std::int64_t tried = plan_[at_].context;
  for (std::size_t i = at_ + 1; i < plan_.size(); ++i) {
    if (plan_[i].context != 0 && plan_[i].context <= tried) continue;
    at_ = i;
    retried_ = false;
    return {.kind = Kind::kSend, .plan_index = i};
  }
  return {.kind = Kind::kReturn, .plan_index = at_};
}

}  // namespace headgate::gateway
