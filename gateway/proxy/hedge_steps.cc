// The steps of AttemptMachine while two attempts run at once.

#include <utility>

#include "gateway/proxy/attempt_machine.h"

namespace headgate::gateway {

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
  called_ = called_ || !(failure.untranslatable || failure.passed_over);
  if (who == Racer::kHedge) return OnHedgeFailure(failure, now);
  if (IsFinalRefusal(failure, no_stream_options_)) {
    hedge_at_.reset();
    return {.kind = Kind::kReturn, .plan_index = at_, .cancel_other = true};
  }
  const std::size_t first = at_;
  const bool may_be_asked_again = RefusesOptions(failure, no_stream_options_);
  FollowHedge();
  if (may_be_asked_again) plan_.GiveBack(first, /*last=*/true);
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

}  // namespace headgate::gateway
