#include "gateway/proxy/attempt_machine.h"

#include <algorithm>
#include <utility>

#include "config/base/check.h"
#include "gateway/failover/backoff.h"

namespace headgate::gateway {

using backends::AttemptResult;
using std::chrono::milliseconds;

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
  if (result == AttemptResult::kMovedAside) return BackInLine(now);
  // The target whose queue was left can be told the request.
  const bool restricts = failure.untranslatable && at_ != left_for_;
  onward_ = restricts ? Onward::kUntranslated : Onward::kAny;
  if (failure.untranslatable) return Next(budget, now);
  called_ = true;
  if (result == AttemptResult::kNoCredit) return Next(budget, now);
  if (result == AttemptResult::kStatus4xx) return OnRefusal(failure, budget, now);
  if (std::optional<Step> again = RetrySameTarget(failure, budget, now)) return *again;
  return Next(budget, now);
}

// It has not failed: the same target is asked again as soon as it has a slot.
AttemptMachine::Step AttemptMachine::BackInLine(TimePoint now) const {
  return {.kind = Kind::kSend,
          .plan_index = at_,
          .no_stream_options = no_stream_options_,
          .last = IsLast(now),
          .front = true};
}

// Nothing was asked, so the next target is chosen for the reason for which this one was.
AttemptMachine::Step AttemptMachine::OnPassedOver(const AttemptFailure& failure,
                                                  RetryBudget& budget, TimePoint now) {
  if (failure.leaves_for && failure.leaves_for == held_back_) held_back_.reset();
  NotePassedOver(at_, failure);
  if (failure.leaves_for) return LeaveFor(*failure.leaves_for, now);
  return Next(budget, now);
}

// That target takes the request now: its limits and the budget were looked at. If it fails, the
// request may come back to the line.
AttemptMachine::Step AttemptMachine::LeaveFor(std::size_t plan_index, TimePoint now) {
  came_back_ = false;
  left_for_ = plan_index;
  MoveTo(plan_index);
  return {.kind = Kind::kSend,
          .plan_index = at_,
          .insist = true,
          .last = IsLast(now),
          .front = moved_from_ == at_};
}

AttemptMachine::Step AttemptMachine::OnRefusal(const AttemptFailure& failure, RetryBudget& budget,
                                               TimePoint now) {
  if (RefusesOptions(failure, no_stream_options_)) {
    no_stream_options_ = true;
    return {.kind = Kind::kSend, .plan_index = at_, .no_stream_options = true, .last = IsLast(now)};
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
  const RetryPlace place{.other_replica = plan_[at_].replicas > 1,
                         .preferred = plan_[at_].preferred,
                         .last = !HasNext(now)};
  if (retries_ >= attempts_.same_target || !MayRetry(failure, place)) return std::nullopt;
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
              .last = IsLast(now),
              .wait = wait};
}

AttemptMachine::Step AttemptMachine::Next(RetryBudget& budget, TimePoint now) {
  std::optional<std::size_t> next = NextInLine(now);
  while (next && plan_[*next].failing && !budget.Take(now)) {
    plan_.PassOver(*next, /*full=*/false);
    next = NextInLine(now);
  }
  return next ? SendTo(*next, now) : AtTheEnd(now);
}

std::optional<std::size_t> AttemptMachine::NextInLine(TimePoint now) const {
  if (came_back_) return std::nullopt;
  if (onward_ == Onward::kLargerContext) return plan_.NextWithLargerContext(too_small_);
  return onward_ == Onward::kUntranslated ? plan_.NextUntranslated() : plan_.Next(now);
}

bool AttemptMachine::MayFollow(std::size_t plan_index) const {
  if (onward_ == Onward::kLargerContext) return plan_.HasLargerContext(plan_index, too_small_);
  const PlanStep& step = plan_[plan_index];
  return onward_ != Onward::kUntranslated || !step.translated || step.spilled;
}

AttemptMachine::Step AttemptMachine::ComeBack(TimePoint now) {
  came_back_ = true;
  Step step = SendTo(*held_back_, now);
  step.insist = true;
  return step;
}

AttemptMachine::Step AttemptMachine::AtTheEnd(TimePoint now) {
  if (MayComeBack()) return ComeBack(now);
  Step step{.kind = Kind::kGiveUp, .plan_index = at_};
  if (onward_ == Onward::kLargerContext || onward_ == Onward::kOtherReader) {
    step.kind = Kind::kReturn;
  }
  // A request that cannot be said in one other protocol is not tried in a second one: the client
  // can be told what to change. If a backend of the client's own protocol has failed, that failure
  // counts. If a queue has turned the request away, it need only come back later.
  if (onward_ == Onward::kUntranslated && !called_ && !turned_away_) step.kind = Kind::kReturn;
  return step;
}

// A target at its provider's limit is waited for like one that has asked for a wait.
AttemptMachine::Step AttemptMachine::SendTo(std::size_t plan_index, TimePoint now) {
  const TimePoint free = std::max(plan_[plan_index].busy_until, now);
  const auto wait = std::chrono::ceil<milliseconds>(free - now);
  if (wait > kLongestWait || (wait.count() > 0 && free >= deadline_)) {
    // A target whose slots are busy serves the request sooner.
    if (MayComeBack()) return ComeBack(now);
    return {.kind = Kind::kRateLimited, .plan_index = plan_index, .wait = wait};
  }
  MoveTo(plan_index);
  return {.kind = Kind::kSend,
          .plan_index = at_,
          .last = IsLast(now),
          .front = moved_from_ == at_,
          .wait = wait};
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

// --- two attempts at once ------------------------------------------------------------------------

AttemptMachine::Step AttemptMachine::OnSilence(HedgeBudget& budget, TimePoint now) {
  const Step wait{.kind = Kind::kWait, .plan_index = at_};
  if (hedged_ || committed_ || first_token_ != TimePoint{} || !hedge_delay_) return wait;
  hedged_ = true;
  const std::optional<std::size_t> next = NextForHedge(now);
  if (!next || !budget.Take()) return wait;
  return HedgeAt(*next);
}

std::optional<std::size_t> AttemptMachine::NextForHedge(TimePoint now) const {
  const std::optional<std::size_t> next = plan_.Next(now);
  if (!next || plan_[*next].busy_until > now || now >= deadline_) return std::nullopt;
  return next;
}

AttemptMachine::Step AttemptMachine::HedgeAt(std::size_t plan_index) {
  plan_.Take(plan_index);
  hedge_at_ = plan_index;
  return {.kind = Kind::kStartHedge,
          .plan_index = plan_index,
          .no_stream_options = hedge_without_options_};
}

// What is left of two attempts goes on, and counts as the first from now on.
AttemptMachine::Step AttemptMachine::OnRacerFailure(const AttemptFailure& failure, TimePoint now,
                                                    Racer who) {
  const bool moved = failure.error.result == AttemptResult::kMovedAside;
  called_ = called_ || !(failure.untranslatable || failure.passed_over || moved);
  if (who == Racer::kHedge) return OnHedgeFailure(failure, now);
  if (IsFinalRefusal(failure, no_stream_options_)) {
    hedge_at_.reset();
    return {.kind = Kind::kReturn, .plan_index = at_, .cancel_other = true};
  }
  const std::size_t first = at_;
  const bool may_be_asked_again = RefusesOptions(failure, no_stream_options_);
  FollowHedge();
  if (may_be_asked_again) plan_.GiveBack(first, /*last=*/true);
  if (moved) NoteMoved(first);
  return {.kind = Kind::kWait, .plan_index = at_};
}

// A hedge must not end a request that the first attempt may still answer, so its refusal counts
// only if the first attempt fails.
AttemptMachine::Step AttemptMachine::OnHedgeFailure(const AttemptFailure& failure, TimePoint now) {
  const std::size_t hedge = *std::exchange(hedge_at_, std::nullopt);
  const bool asked_without = std::exchange(hedge_without_options_, false);
  if (RefusesOptions(failure, asked_without)) {
    hedge_without_options_ = true;
    return HedgeAt(hedge);
  }
  if (failure.error.result == AttemptResult::kMovedAside) NoteMoved(hedge);
  if (failure.passed_over) NotePassedOver(hedge, failure);
  if (failure.passed_over || failure.untranslatable) {  // nothing was asked
    if (const std::optional<std::size_t> next = NextForHedge(now)) return HedgeAt(*next);
  }
  const bool refused = IsFinalRefusal(failure, asked_without);
  return {.kind = refused ? Kind::kReturn : Kind::kWait, .plan_index = at_};
}

void AttemptMachine::FollowHedge() {
  MoveTo(*std::exchange(hedge_at_, std::nullopt));
  no_stream_options_ = std::exchange(hedge_without_options_, false);
}

// The loser was given no time to answer, so it may be asked again if the winner breaks. A first
// attempt that was silent for longer than the hedge comes behind all others.
void AttemptMachine::EndRace(Racer winner) {
  const std::size_t first = at_;
  const std::size_t hedge = *hedge_at_;
  if (winner == Racer::kHedge) {
    FollowHedge();
    plan_.GiveBack(first, /*last=*/true);
    return;
  }
  hedge_at_.reset();
  hedge_without_options_ = false;
  plan_.GiveBack(hedge, /*last=*/false);
}

// --- after commit --------------------------------------------------------------------------------

AttemptMachine::Step AttemptMachine::OnBroken(AttemptResult result, const ResumeFacts& facts,
                                              TimePoint now) {
  HEADGATE_CHECK(committed_);
  if (!resume_) return Fail(NoResume::kOff);
  const NoResume why = MayResume(facts, result);
  if (why != NoResume::kNone) return Fail(why);
  broken_at_ = at_;
  has_text_ = facts.text_bytes > 0;
  plan_.ForgetPassedOver();
  return ResumeElsewhere(now);
}

// A continuation is an attempt like any other: a passing fault is met at the same target, and what
// was not sent does not count.
AttemptMachine::Step AttemptMachine::OnResumeFailed(const AttemptFailure& failure,
                                                    const ResumeFacts& facts, RetryBudget& budget,
                                                    TimePoint now) {
  HEADGATE_CHECK(committed_ && resumes_ > 0);
  const AttemptResult result = failure.error.result;
  if (result == AttemptResult::kClientGone || now >= deadline_) return Fail(NoResume::kNotBroken);
  has_text_ = facts.text_bytes > 0;
  if (failure.passed_over || failure.untranslatable) {
    --resumes_;
    NoteQueue(at_, failure);
    if (at_ == broken_at_) {
      broken_at_.reset();  // no other replica of it is left
    } else if (failure.passed_over) {
      plan_.PassOver(at_, failure.full || failure.queue_full);
    }
    return failure.leaves_for ? ResumeAt(*failure.leaves_for, now) : ResumeElsewhere(now);
  }
  if (RefusesOptions(failure, no_stream_options_)) {
    no_stream_options_ = true;
    return {.kind = Kind::kResume, .plan_index = at_, .no_stream_options = true};
  }
  const bool refused = result == AttemptResult::kStatus4xx || result == AttemptResult::kNoCredit;
  if (refused || resumes_ >= kMostResumes) return ResumeElsewhere(now);
  if (std::optional<Step> again = RetrySameTarget(failure, budget, now)) {
    ++resumes_;
    again->kind = Kind::kResume;
    return *again;
  }
  return ResumeElsewhere(now);
}

AttemptMachine::Step AttemptMachine::ResumeElsewhere(TimePoint now) {
  if (now >= deadline_) return Fail(NoResume::kNotBroken);
  if (resumes_ >= kMostResumes) return Fail(NoResume::kTooOften);
  const std::optional<std::size_t> next = NextForResume(now);
  if (!next) return Fail(NoResume::kNoTarget);
  const bool same = next == broken_at_;
  const TimePoint free = same ? now : std::max(plan_[*next].busy_until, now);
  const auto wait = std::chrono::ceil<milliseconds>(free - now);
  if (wait > kLongestWait || (wait.count() > 0 && free >= deadline_)) {
    return Fail(NoResume::kNoTarget);
  }
  Step step = ResumeAt(*next, now);
  step.same_target = same;
  step.wait = wait;
  return step;
}

AttemptMachine::Step AttemptMachine::ResumeAt(std::size_t plan_index, TimePoint now) {
  ++resumes_;
  MoveTo(plan_index);
  return {.kind = Kind::kResume, .plan_index = at_, .last = IsLast(now)};
}

}  // namespace headgate::gateway
