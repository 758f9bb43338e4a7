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
  silence_.expires_after(*machine_.hedge_delay());
  hedge_.Start(Hedge());
  const Ready ready = co_await first.Call(listener);
  first_ = nullptr;
  silence_.cancel();
  if (ready_ && *ready_ != Ready::kFailed) {  // the hedge has won
    if (ready != Ready::kFailed) first.Lose();
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

// The first attempt has failed. A hedge that runs goes on alone.
Awaitable<AttemptRace::Result> AttemptRace::AwaitHedge(Attempt& first) {
  const bool alone = second_ != nullptr && !ready_;
  if (alone) {
    machine_.OnFailure(first.failure(), worker_.retry_budget, SteadyClock::now(), Racer::kFirst);
    request_.NoteFailure(first);
  }
  co_await hedge_.Ended();
  if (alone) co_return Result{second_, *ready_, Racer::kFirst};
  co_return Result{&first, Ready::kFailed, Racer::kFirst};
}

Awaitable<void> AttemptRace::Hedge() {
  if (first_ != nullptr) co_await silence_.async_wait(kAwait);
  if (first_ == nullptr || cancelled_) co_return;
  const AttemptMachine::Step step = machine_.OnSilence(budget_, SteadyClock::now());
  if (step.kind != AttemptMachine::Kind::kStartHedge) co_return;
  AttemptFailure failure;
  Attempt* const hedge = request_.StartAttempt(step, failure);
  if (hedge == nullptr) {
    HedgeFailed(failure);
    co_return;
  }
  second_ = hedge;
  const Ready ready = co_await hedge->Call(deaf_);
  if (decided_) {
    if (ready != Ready::kFailed) hedge->Lose();
    co_return;
  }
  ready_ = ready;
  if (first_ == nullptr) co_return;
  if (ready != Ready::kFailed) {
    first_->Abort(AttemptResult::kHedgeLost);
    co_return;
  }
  request_.NoteFailure(*hedge);
  HedgeFailed(hedge->failure());
}

void AttemptRace::HedgeFailed(const AttemptFailure& failure) {
  machine_.OnFailure(failure, worker_.retry_budget, SteadyClock::now(), Racer::kHedge);
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
