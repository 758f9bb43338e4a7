#include "backends/scheduler/slot_queue.h"

#include <algorithm>
#include <utility>

#include "config/base/check.h"

namespace headgate::backends {

std::shared_ptr<SlotQueue> SlotQueue::Make(SlotCounts replicas, const Settings& settings,
                                           const SlotQueue* previous) {
  return std::make_shared<SlotQueue>(Private{}, std::move(replicas), settings, previous);
}

SlotQueue::SlotQueue(Private, SlotCounts replicas, const Settings& settings,
                     const SlotQueue* previous)
    : replicas_(std::move(replicas)),
      generation_(previous == nullptr ? 0 : previous->generation_ + 1),
      running_(previous == nullptr ? std::make_shared<Running>() : previous->running_),
      settings_(settings) {}

SlotQueue::~SlotQueue() {
  MutexLock lock(mutex_);
  HEADGATE_CHECK(line_.empty());
}

void SlotQueue::Configure(const Settings& settings, TimePoint now) {
  MutexLock lock(mutex_);
  settings_ = settings;
  GrantHeads(now, nullptr, nullptr);
  Settle(now);
}

// --- waiting -------------------------------------------------------------------------------------

SlotQueue::Joined SlotQueue::Join(SlotTaker& taker, const SlotDemand& demand, TimePoint now) {
  MutexLock lock(mutex_);
  const std::size_t ahead =
      line_.of(demand.band)
          .Ahead(demand.team, demand.share, running_->service_times.MeanOf(demand.band));
  Joined joined{Outcome::kWaiting, Predict(demand.band, ahead, ViewOf(now))};
  // First the flag, then the try: a slot that is returned in between is seen by one of them.
  BeginContention();
  Waiter& waiter = line_.Add(demand, taker);
  if (demand.band == Band::kLatencyCritical) preemption_.Waits(waiter);
  if (!demand.front) forecast_.Arrived(demand.band);
  if (Head() == &waiter) GrantHeads(now, &taker, &joined.outcome);
  if (joined.outcome == Outcome::kWaiting) joined.outcome = KeepWithinLimit(waiter, now);
  Settle(now);
  return joined;
}

bool SlotQueue::Leave(SlotTaker& taker, TimePoint now) {
  MutexLock lock(mutex_);
  Waiter* const waiter = line_.Find(taker);
  if (waiter == nullptr) return false;
  forecast_.Left(waiter->band);
  const bool was_head = Head() == waiter;
  Remove(*waiter);
  // The head may have wanted more room than the next waiter does.
  if (was_head) GrantHeads(now, nullptr, nullptr);
  Settle(now);
  return true;
}

void SlotQueue::Kick(TimePoint now) {
  MutexLock lock(mutex_);
  GrantHeads(now, nullptr, nullptr);
  Settle(now);
}

Waiter* SlotQueue::Head() const {
  return line_.Head(/*batch_below_floor=*/running_batch() < BatchFloor());
}

void SlotQueue::BeginContention() {
  if (contending_) return;
  contending_ = true;
  for (const auto& replica : replicas_) replica->Contend(shared_from_this(), generation_);
}

// Removes heads of the line until one has to wait. `newcomer` is told by `of_newcomer`, the others
// are woken.
void SlotQueue::GrantHeads(TimePoint now, const SlotTaker* newcomer, Outcome* of_newcomer) {
  while (Waiter* const head = Head()) {
    SlotTaker& taker = *head->taker;
    const SlotTaker::Try outcome = taker.TryTake(now);
    if (outcome == SlotTaker::Try::kNoRoom) return;
    const bool granted = outcome == SlotTaker::Try::kTaken;
    if (granted) Grant(*head, now);
    Remove(*head);
    if (&taker == newcomer) {
      *of_newcomer = granted ? Outcome::kGranted : Outcome::kUnusable;
    } else {
      taker.Wake(granted ? SlotTaker::Why::kGranted : SlotTaker::Why::kUnusable);
    }
  }
}

void SlotQueue::Grant(const Waiter& waiter, TimePoint now) {
  const Duration expected = std::max(running_->service_times.MeanOf(waiter.band), Duration(1));
  line_.of(waiter.band).Charge(waiter, expected);
  waiter.taker->charged_ = expected;
  AddRunning(waiter.band, 1);
  forecast_.Granted(now);
  ++totals_.granted[IndexOf(waiter.band)];
}

void SlotQueue::Remove(Waiter& waiter) {
  preemption_.WaitsNoMore(waiter);
  line_.Remove(waiter);
}

// Sheds one waiter, perhaps the newcomer, if the line is too long with it.
SlotQueue::Outcome SlotQueue::KeepWithinLimit(Waiter& newcomer, TimePoint now) {
  const auto limit = static_cast<std::size_t>(std::max(settings_.limit, 0));
  if (newcomer.front || line_.size() <= limit) return Outcome::kWaiting;
  Waiter* const victim = line_.YoungestBelow(newcomer.band);
  if (victim == nullptr) {
    ++totals_.full[IndexOf(newcomer.band)];
    forecast_.Left(newcomer.band);
    Remove(newcomer);
    return Outcome::kFull;
  }
  ++totals_.shed[IndexOf(victim->band)];
  forecast_.Left(victim->band);
  SlotTaker& shed = *victim->taker;
  const SlotTaker& taker = *newcomer.taker;
  const bool was_head = Head() == victim;
  Remove(*victim);
  shed.Wake(SlotTaker::Why::kShed);
  Outcome outcome = Outcome::kWaiting;
  if (was_head) GrantHeads(now, &taker, &outcome);
  return outcome;
}

// After each change of the line: the flags, the forecast, and batch that must move aside.
void SlotQueue::Settle(TimePoint now) {
  waiting_.store(line_.size(), std::memory_order_relaxed);
  if (line_.empty()) {
    forecast_.Ends(now);
    if (!std::exchange(contending_, false)) return;
    for (const auto& replica : replicas_) replica->EndContention(*this);
    return;
  }
  forecast_.Begins(now);
  if (!settings_.preempt || line_.of(Band::kLatencyCritical).size() == 0) return;
  totals_.moved_aside +=
      preemption_.MoveAside({.now = now,
                             .grant_interval = forecast_.GrantInterval(ViewOf(now)),
                             .movable = running_batch() - BatchFloor()});
}

// --- running -------------------------------------------------------------------------------------

void SlotQueue::Released(const SlotUse& use) {
  running_->service_times.Add(use.band, use.held);
  AddRunning(use.band, -1);
  if (use.charged == Duration(0)) return;
  MutexLock lock(mutex_);
  line_.of(use.band).Correct(use.team, use.held - use.charged);
}

std::uint64_t SlotQueue::AddHold(Preemptible& attempt) {
  MutexLock lock(mutex_);
  return preemption_.Add(attempt);
}

void SlotQueue::RemoveHold(std::uint64_t number) {
  MutexLock lock(mutex_);
  preemption_.Remove(number);
}

bool SlotQueue::AnyRoom() const {
  return std::any_of(replicas_.begin(), replicas_.end(),
                     [](const auto& replica) { return replica->HasRoom(0); });
}

int SlotQueue::InFlight() const {
  int sum = 0;
  for (const auto& replica : replicas_) sum += replica->in_flight();
  return sum;
}

// Returns how many slots are batch's own: rounded up, and at most half of them, so that the only
// slot of a pool is not batch's. Of unbounded slots, those in use count.
int SlotQueue::BatchFloor() const {
  if (settings_.batch_floor <= 0) return 0;
  std::int64_t slots = 0;
  for (const auto& replica : replicas_) {
    const int left = replica->SlotsLeft();
    slots += left == 0 ? replica->in_flight() : left;
  }
  constexpr std::int64_t kWhole = 1'000'000;
  const std::int64_t floor = (slots * settings_.batch_floor + kWhole - 1) / kWhole;
  return static_cast<int>(std::min(floor, slots / 2));
}

// --- forecast and figures ------------------------------------------------------------------------

WaitForecast::View SlotQueue::ViewOf(TimePoint now) const {
  WaitForecast::View view;
  view.now = now;
  for (const Band band : kAllBands) {
    view.waiting[IndexOf(band)] = line_.of(band).size();
    view.service[IndexOf(band)] = running_->service_times.MeanOf(band);
  }
  view.mean_service = running_->service_times.Mean();
  view.in_flight = InFlight();
  view.running_batch = running_batch();
  view.batch_floor = BatchFloor();
  return view;
}

Duration SlotQueue::Predict(Band band, std::size_t ahead, const WaitForecast::View& view) const {
  const Duration predicted = forecast_.Predict(band, ahead, view);
  const bool moves_batch = settings_.preempt && band == Band::kLatencyCritical &&
                           preemption_.HasForOneMore(view.running_batch - view.batch_floor);
  return moves_batch ? std::min(predicted, kMoveAsideTime) : predicted;
}

Duration SlotQueue::Predicted(Band band, TimePoint now) const {
  if (waiting_.load(std::memory_order_relaxed) == 0 && AnyRoom()) return Duration(0);
  MutexLock lock(mutex_);
  return Predict(band, line_.of(band).size(), ViewOf(now));
}

Duration SlotQueue::Predicted(Band band, std::string_view team, int share, TimePoint now) const {
  if (waiting_.load(std::memory_order_relaxed) == 0 && AnyRoom()) return Duration(0);
  MutexLock lock(mutex_);
  const Duration expected = running_->service_times.MeanOf(band);
  return Predict(band, line_.of(band).Ahead(team, share, expected), ViewOf(now));
}

SlotQueue::Figures SlotQueue::figures(TimePoint now) const {
  MutexLock lock(mutex_);
  Figures figures = totals_;
  const WaitForecast::View view = ViewOf(now);
  const bool free = line_.empty() && AnyRoom();
  for (const Band band : kAllBands) {
    const std::size_t waiting = view.waiting[IndexOf(band)];
    figures.waiting[IndexOf(band)] = waiting;
    figures.predicted[IndexOf(band)] = free ? Duration(0) : Predict(band, waiting, view);
  }
  figures.running_batch = view.running_batch;
  figures.batch_floor = view.batch_floor;
  return figures;
}

}  // namespace headgate::backends
