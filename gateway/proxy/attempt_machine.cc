#include "gateway/proxy/attempt_machine.h"

#include <algorithm>
#include <utility>

#include "config/base/check.h"
#include "gateway/failover/backoff.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using std::chrono::milliseconds;

// Nothing came for as long as the configuration permits.
bool IsSilence(AttemptResult result) {
  return result == AttemptResult::kFirstTokenTimeout ||
         result == AttemptResult::kFirstByteTimeout || result == AttemptResult::kStalled;
}

}  // namespace

AttemptMachine::AttemptMachine(Plan plan, const Rules& rules)
    : plan_(std::move(plan), rules.failover.attempts.targets),
      deadline_(rules.deadline),
      attempts_(rules.failover.attempts),
      commit_(rules.failover),
      resume_(rules.failover.resume),
      hedge_delay_(rules.hedge_delay),
      random_(rules.seed) {
  const std::optional<std::size_t> first = plan_.Next(rules.now);
  start_ = first ? SendTo(*first, rules.now) : Step{.kind = Kind::kGiveUp};
}

AttemptMachine::AttemptMachine(Plan plan, TimePoint deadline)
    : AttemptMachine(std::move(plan), Rules{.now = {}, .deadline = deadline, .failover = {}}) {}

AttemptMachine::Step AttemptMachine::OnFailure(const AttemptFailure& failure, RetryBudget& budget,
                                               TimePoint now, Racer who) {
  HEADGATE_CHECK(!committed_);
  const AttemptResult result = failure.error.result;
  if (result == AttemptResult::kClientGone || now >= deadline_) return {.kind = Kind::kGiveUp};
  if (hedge_at_) return OnRacerFailure(failure, now, who);
  if (failure.passed_over) return OnPassedOver(failure, budget, now);
  onward_ = failure.untranslatable ? Onward::kUntranslated : Onward::kAny;
  if (failure.untranslatable) return Next(budget, now);
  called_ = true;
  if (result == AttemptResult::kNoCredit) return Next(budget, now);
  if (result == AttemptResult::kStatus4xx) return OnRefusal(failure, budget, now);
  if (std::optional<Step> again = RetrySameTarget(failure, budget, now)) return *again;
  return Next(budget, now);
}

// Nothing was asked, so the next target is chosen for the reason for which this one was.
AttemptMachine::Step AttemptMachine::OnPassedOver(const AttemptFailure& failure,
                                                  RetryBudget& budget, TimePoint now) {
  NotePassedOver(at_, failure);
  return Next(budget, now);
}

void AttemptMachine::NotePassedOver(std::size_t plan_index, const AttemptFailure& failure) {
  plan_.PassOver(plan_index);
  if (failure.held_back && !held_back_) held_back_ = plan_index;
}

AttemptMachine::Step AttemptMachine::OnRefusal(const AttemptFailure& failure, RetryBudget& budget,
                                               TimePoint now) {
  if (RefusesOptions(failure, no_stream_options_)) {
    no_stream_options_ = true;
    return {.kind = Kind::kSend, .plan_index = at_, .no_stream_options = true};
  }
  if (failure.context_too_long) {
    onward_ = Onward::kLargerContext;
    too_small_ = at_;
    return Next(budget, now);
  }
  if (failure.documents_refused) {
    onward_ = Onward::kOtherReader;
    return Next(budget, now);
  }
  return {.kind = Kind::kReturn, .plan_index = at_};
}

std::optional<AttemptMachine::Step> AttemptMachine::RetrySameTarget(const AttemptFailure& failure,
                                                                    RetryBudget& budget,
                                                                    TimePoint now) {
  if (retries_ >= attempts_.same_target || !MayRetrySameTarget(failure, now)) return std::nullopt;
  milliseconds wait = failure.error.retry_after.value_or(milliseconds(0));
  // Another replica has not failed, so it need not be spared.
  if (plan_[at_].replicas <= 1) {
    wait = std::max(wait, Backoff(attempts_.backoff, retries_ + 1, random_.Next()));
  }
  if (now + wait >= deadline_ || !budget.Take(now)) return std::nullopt;
  ++retries_;
  return Step{.kind = Kind::kSend,
              .plan_index = at_,
              .same_target = true,
              .no_stream_options = no_stream_options_,
              .wait = wait};
}

bool AttemptMachine::MayRetrySameTarget(const AttemptFailure& failure, TimePoint now) const {
  const backends::UpstreamError& error = failure.error;
  // The failure may have ejected the last replica, and then nothing may accompany the probe.
  if (error.will_repeat || !failure.target_usable) return false;
  const bool other_replica = plan_[at_].replicas > 1;
  // The client has waited long already, so another target is the better choice if there is one.
  if (IsSilence(error.result)) return other_replica && IsLast(now);
  switch (error.result) {
    case AttemptResult::kStatus429:
      // If the backend does not say when to come back, retrying on the same account makes it worse.
      return error.retry_after && MayWaitFor(*error.retry_after, now);
    case AttemptResult::kConnectFailed:
    case AttemptResult::kTlsFailed:
    case AttemptResult::kRejected:
      // The first two eject the replica at once, and a replica that rejects (it serves another
      // model) will reject again. So only another replica of the target can help.
      return other_replica;
    default:
      return !error.retry_after || MayWaitFor(*error.retry_after, now);
  }
}

// Waiting is for targets that are better than the next one, or that have no next one.
bool AttemptMachine::MayWaitFor(milliseconds time, TimePoint now) const {
  if (time > kLongestWait) return false;
  return time.count() == 0 || plan_[at_].preferred || IsLast(now);
}

AttemptMachine::Step AttemptMachine::Next(RetryBudget& budget, TimePoint now) {
  std::optional<std::size_t> next = NextInLine(now);
  while (next && plan_[*next].failing && !budget.Take(now)) {
    plan_.PassOver(*next);
    next = NextInLine(now);
  }
  return next ? SendTo(*next, now) : AtTheEnd(now);
}

std::optional<std::size_t> AttemptMachine::NextInLine(TimePoint now) const {
  if (came_back_) return std::nullopt;
  switch (onward_) {
    case Onward::kAny:
    case Onward::kOtherReader:
      break;
    case Onward::kLargerContext:
      return plan_.NextWithLargerContext(too_small_);
    case Onward::kUntranslated:
      return plan_.NextUntranslated();
  }
  return plan_.Next(now);
}

bool AttemptMachine::MayFollow(std::size_t plan_index) const {
  switch (onward_) {
    case Onward::kAny:
    case Onward::kOtherReader:
      break;
    case Onward::kLargerContext:
      return plan_.HasLargerContext(plan_index, too_small_);
    case Onward::kUntranslated:
      return !plan_[plan_index].translated;
  }
  return true;
}

AttemptMachine::Step AttemptMachine::AtTheEnd(TimePoint now) {
  if (held_back_ && !came_back_ && plan_.MayTryMore() && MayFollow(*held_back_)) {
    came_back_ = true;
    Step step = SendTo(*held_back_, now);
    step.insist = true;
    return step;
  }
  Step step{.kind = Kind::kGiveUp, .plan_index = at_};
  if (onward_ == Onward::kLargerContext || onward_ == Onward::kOtherReader) {
    step.kind = Kind::kReturn;
  }
  // A request that cannot be said in one other protocol is not tried in a second one: the client
  // can be told what to change. If a backend of the client's own protocol has failed, that failure
  // counts.
  if (onward_ == Onward::kUntranslated && !called_) step.kind = Kind::kReturn;
  return step;
}

// A target at its provider's limit is waited for like one that has asked for a wait.
AttemptMachine::Step AttemptMachine::SendTo(std::size_t plan_index, TimePoint now) {
  const TimePoint free = std::max(plan_[plan_index].busy_until, now);
  const auto wait = std::chrono::ceil<milliseconds>(free - now);
  if (wait > kLongestWait || (wait.count() > 0 && free >= deadline_)) {
    return {.kind = Kind::kRateLimited, .plan_index = plan_index, .wait = wait};
  }
  MoveTo(plan_index);
  return {.kind = Kind::kSend, .plan_index = at_, .wait = wait};
}

void AttemptMachine::MoveTo(std::size_t plan_index) {
  plan_.Take(plan_index);
  at_ = plan_index;
  retries_ = 0;
  no_stream_options_ = false;
}

AttemptMachine::Step AttemptMachine::OnFirstToken(TimePoint now, Racer who) {
  HEADGATE_CHECK(!committed_);
  const bool raced = hedge_at_.has_value();
  if (raced) EndRace(who);
  first_token_ = now;
  Step step = Judge({.first_token = now}, now);
  step.cancel_other = raced;
  return step;
}

AttemptMachine::Step AttemptMachine::OnHeld(std::size_t bytes, bool complete, TimePoint now) {
  return Judge({.first_token = first_token_, .bytes = bytes, .complete = complete}, now);
}

AttemptMachine::Step AttemptMachine::Judge(const CommitPolicy::Held& held, TimePoint now) {
  if (commit_.Judge(held, now) == CommitPolicy::Verdict::kCommit) {
    committed_ = true;
    return {.kind = Kind::kCommit, .plan_index = at_};
  }
  Step step{.kind = Kind::kHold, .plan_index = at_};
  if (const std::optional<TimePoint> at = commit_.CommitsAt(held.first_token)) {
    step.wait = std::chrono::ceil<milliseconds>(*at - now);
  }
  return step;
}

}  // namespace headgate::gateway
