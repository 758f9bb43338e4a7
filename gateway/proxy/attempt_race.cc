#include "gateway/proxy/attempt_race.h"

namespace headgate::gateway {

using backends::AttemptResult;
using Ready = Attempt::Ready;

AttemptRace::AttemptRace(WorkerContext& worker, AttemptMachine& machine, HedgeBudget& budget,
                         RacingRequest& request)
    : worker_(worker),
      machine_(machine),
      budget_(budget),
      request_(request),
      silence_(worker.executor),
      hedge_(worker.executor) {}

Awaitable<AttemptRace::Result> AttemptRace::Run(Attempt& first, CommentListener& listener) {
  co_await Ended();
  first_ = &first;
  second_ = nullptr;
  ready_.reset();
  decided_ = false;
  refused_ = false;
  silence_.expires_after(*machine_.hedge_delay());
  hedge_.Start(Hedge());
  const Ready ready = co_await first.Call(listener);
  first_ = nullptr;
  silence_.cancel();
  if (ready_ && *ready_ != Ready::kFailed) {  // the hedge has won
    EndLoser(first, ready);
    co_return Result{second_, *ready_, Racer::kHedge};
  }
  if (ready != Ready::kFailed) {
    decided_ = true;
    if (second_ != nullptr && !ready_) second_->Abort(AttemptResult::kHedgeLost);
    co_return Result{&first, ready, Racer::kFirst};
  }
  const Result result = co_await AwaitHedge(first);
  co_return result;
}

// The first attempt has failed. A hedge that runs goes on alone, unless the failure ends the
// request.
Awaitable<AttemptRace::Result> AttemptRace::AwaitHedge(Attempt& first) {
  const bool alone = second_ != nullptr && !ready_;
  if (alone) {
    const AttemptMachine::Step step = machine_.OnFailure(first.failure(), worker_.retry_budget,
                                                         SteadyClock::now(), Racer::kFirst);
    if (step.cancel_other) {
      decided_ = true;
      second_->Abort(AttemptResult::kHedgeLost);
      co_return Result{&first, Ready::kFailed, Racer::kFirst};
    }
  }
  if (alone || refused_) request_.NoteFailure(first);
  co_await hedge_.Ended();
  if (alone) co_return Result{second_, *ready_, Racer::kFirst};
  co_return Result{refused_ ? second_ : &first, Ready::kFailed, Racer::kFirst};
}

Awaitable<void> AttemptRace::Hedge() {
  if (first_ != nullptr) co_await silence_.async_wait(kAwait);
  if (first_ == nullptr || cancelled_) co_return;
  AttemptMachine::Step step = machine_.OnSilence(budget_, SteadyClock::now());
  while (step.kind == AttemptMachine::Kind::kStartHedge && !cancelled_) {
    const AttemptMachine::Step next = co_await CallHedge(step);
    step = next;
  }
  refused_ = step.kind == AttemptMachine::Kind::kReturn;
}

Awaitable<AttemptMachine::Step> AttemptRace::CallHedge(const AttemptMachine::Step& step) {
  AttemptMachine::Step over;
  over.kind = AttemptMachine::Kind::kWait;
  AttemptFailure failure;
  ready_.reset();
  Attempt* const hedge = second_ = request_.StartHedge(step, failure);
  if (hedge == nullptr) co_return HedgeFailed(failure);
  const Ready ready = co_await hedge->Call(deaf_);
  if (decided_) {
    EndLoser(*hedge, ready);
    co_return over;
  }
  ready_ = ready;
  if (first_ == nullptr) co_return over;
  if (ready != Ready::kFailed) {
    // The request goes on with it when the first attempt has ended. If nothing is held, that is its
    // commit.
    if (!machine_.commit_policy().Holds()) hedge->Stay();
    first_->Abort(AttemptResult::kHedgeLost);
    co_return over;
  }
  const AttemptMachine::Step next = HedgeFailed(hedge->failure());
  if (next.kind == AttemptMachine::Kind::kWait) request_.NoteFailure(*hedge);
  co_return next;
}

// A loser that was told to move aside just before counts among the moves of the request.
void AttemptRace::EndLoser(Attempt& loser, Ready ready) {
  if (ready != Ready::kFailed) return loser.Lose();
  if (loser.failure().error.result == AttemptResult::kMovedAside) request_.NoteFailure(loser);
}

AttemptMachine::Step AttemptRace::HedgeFailed(const AttemptFailure& failure) {
  return machine_.OnFailure(failure, worker_.retry_budget, SteadyClock::now(), Racer::kHedge);
}

void AttemptRace::Cancel() {
  cancelled_ = true;
  silence_.cancel();
}

Awaitable<void> AttemptRace::Ended() {
  silence_.cancel();
  co_await hedge_.Ended();
}

}  // namespace headgate::gateway
