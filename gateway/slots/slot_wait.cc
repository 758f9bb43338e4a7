#include "gateway/slots/slot_wait.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace headgate::gateway {

SlotWait::SlotWait(const Executor& executor, const Fleet& fleet, const SlotWish& wish)
    : fleet_(fleet),
      queue_(fleet.QueueOf(wish.target)),
      wish_(wish),
      link_(std::make_shared<Link>(Link{this, executor})),
      timer_(executor) {}

SlotWait::~SlotWait() {
  link_->wait = nullptr;
  Leave(backends::SlotQueue::Leaving::kGone);
  if (slot_) slot_->NoteCharge(charged());
}

Awaitable<SlotWait::Outcome> SlotWait::Until(TimePoint until, const Looks& looks) {
  using Joined = backends::SlotQueue::Outcome;
  joined_ = queue_->Join(*this, wish_.demand, SteadyClock::now());
  if (joined_.outcome == Joined::kGranted) co_return Outcome::kGranted;
  if (joined_.outcome == Joined::kFull) co_return Outcome::kFullQueue;
  if (joined_.outcome == Joined::kUnusable) co_return Outcome::kUnusable;
  waiting_ = true;
  TimePoint look = looks.first;
  bool leaves = false;
  while (waiting_ && !ended_ && !leaves) {
    timer_.expires_at(std::min(until, look));
    co_await timer_.async_wait(kAwait);
    const TimePoint now = SteadyClock::now();
    if (!waiting_ || ended_ || now >= until) break;
    leaves = looks.leaves(now);
    look = now + looks.interval;
  }
  using Leaving = backends::SlotQueue::Leaving;
  Leave(ended_.value_or(leaves ? Leaving::kElsewhere : Leaving::kExpired));
  // A slot that was granted meanwhile is better than what a look has found.
  if (slot_) co_return Outcome::kGranted;
  if (ended_) co_return *ended_ == Leaving::kGone ? Outcome::kGone : Outcome::kDrained;
  if (why_) co_return *why_ == Why::kShed ? Outcome::kShed : Outcome::kUnusable;
  co_return leaves ? Outcome::kLeft : Outcome::kOver;
}

// What the queue does until here counts: afterwards nobody but this worker writes to the wait.
void SlotWait::Leave(backends::SlotQueue::Leaving why) {
  if (waiting_) queue_->Leave(*this, SteadyClock::now(), why);
  waiting_ = false;
}

void SlotWait::End(backends::SlotQueue::Leaving why) {
  ended_ = why;
  timer_.cancel();
}

backends::Duration SlotWait::Predicted() const {
  const backends::SlotDemand& demand = wish_.demand;
  return queue_->Predicted(demand.band, demand.team, demand.share, SteadyClock::now(),
                           demand.tokens);
}

SlotLease SlotWait::TakeSlot() {
  SlotLease slot = *std::exchange(slot_, std::nullopt);
  slot.NoteCharge(charged());
  return slot;
}

backends::SlotTaker::Try SlotWait::TryTake(TimePoint now, backends::ReservedSlots& reserved) {
  wish_.ask.now = now;
  wish_.ask.reserved = &reserved;
  backends::ReplicaSet::Answer answer = fleet_.Acquire(wish_.target, wish_.ask);
  if (answer.lease) {
    slot_.emplace(fleet_.BackendOf(wish_.target), *std::move(answer.lease), wish_.Use(),
                  SlotLease::By::kQueue, now);
    return Try::kTaken;
  }
  return answer.refusal == backends::ReplicaSet::Refusal::kFull ? Try::kNoRoom : Try::kUnusable;
}

void SlotWait::Wake(Why why) {
  why_ = why;
  asio::post(link_->executor, [link = link_] {
    if (link->wait != nullptr) link->wait->Woken();
  });
}

void SlotWait::Woken() {
  waiting_ = false;
  timer_.cancel();
}

}  // namespace headgate::gateway
