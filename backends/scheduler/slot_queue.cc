#include "backends/scheduler/slot_queue.h"

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "config/base/check.h"

namespace headgate::backends {
namespace {

// What runs at all replicas: within their slots, and beyond them.
struct Serving {
  int within = 0;
  int beyond = 0;
};

Serving ServingOf(const SlotCounts& replicas) {
  Serving serving;
  for (const auto& replica : replicas) {
    const int running = replica->in_flight();
    const int slots = replica->SlotsLeft();
    const int within = slots == 0 ? running : std::min(running, slots);
    serving.within += within;
    serving.beyond += running - within;
  }
  return serving;
}

}  // namespace

std::shared_ptr<SlotQueue> SlotQueue::Make(SlotCounts replicas, const Settings& settings) {
  return std::make_shared<SlotQueue>(Private{}, std::move(replicas), settings);
}

SlotQueue::SlotQueue(Private, SlotCounts replicas, const Settings& settings)
    : replicas_(std::move(replicas)), settings_(settings) {}

SlotQueue::~SlotQueue() {
  MutexLock lock(mutex_);
  HEADGATE_CHECK(line_.empty());
}

void SlotQueue::Configure(SlotCounts replicas, const Settings& settings, TimePoint now) {
  MutexLock lock(mutex_);
  settings_ = settings;
  replicas_ = std::move(replicas);
  GrantFree(now, nullptr);
  Settle(now);
}

// --- waiting -------------------------------------------------------------------------------------

SlotQueue::Joined SlotQueue::Join(SlotTaker& taker, const SlotDemand& demand, TimePoint now) {
  MutexLock lock(mutex_);
  Joined joined{.outcome = Outcome::kWaiting};
  Waiter& waiter = line_.Add(demand, taker);
  if (demand.band == Band::kLatencyCritical) preemption_.Waits(waiter);
  if (!demand.front) forecast_.Arrived(demand.band, now);
  if (MayBlock(waiter) || AnyRoom()) {
    Newcomer newcomer{&taker};
    GrantFree(now, &newcomer);
    joined.outcome = newcomer.outcome;
  }
  if (joined.outcome == Outcome::kWaiting) {
    joined.waiting = line_.arrivals() - (demand.front ? 0 : 1);
    joined.limit = settings_.limit;
    joined.outcome = KeepWithinLimit(waiter, now);
  }
  Settle(now);
  return joined;
}

bool SlotQueue::Leave(SlotTaker& taker, TimePoint now, Leaving why) {
  MutexLock lock(mutex_);
  Waiter* const waiter = line_.Find(taker);
  if (waiter == nullptr) return false;
  CountLeaving(waiter->band, why);
  forecast_.Left(waiter->band);
  const bool blocked = MayBlock(*waiter);
  Remove(*waiter);
  // It may have wanted more room than the next waiter does.
  if (blocked) GrantFree(now, nullptr);
  Settle(now);
  return true;
}

void SlotQueue::CountLeaving(Band band, Leaving why) {
  auto& counts = why == Leaving::kExpired   ? totals_.expired
                 : why == Leaving::kGone    ? totals_.gone
                 : why == Leaving::kDrained ? totals_.drained
                                            : totals_.left;
  ++counts[IndexOf(band)];
}

void SlotQueue::Kick(TimePoint now) {
  MutexLock lock(mutex_);
  GrantFree(now, nullptr);
  Settle(now);
}

Waiter* SlotQueue::Next(std::span<const void* const> blocked_lanes) const {
  return line_.Head(/*batch_below_floor=*/running_batch() < BatchFloor(), blocked_lanes);
}

// Returns whether the waiter may be the first one of its lane.
bool SlotQueue::MayBlock(const Waiter& waiter) const {
  const Waiter* const head = Head();
  return head == &waiter || head->lane != waiter.lane;
}

// Grants free slots to waiters, in the order of the line, until nobody is left who can be granted
// one.
void SlotQueue::GrantFree(TimePoint now, Newcomer* newcomer) {
  // First the flags, then the last try: a slot that is returned in between is seen by the try, or
  // its return kicks.
  while (Contend(GrantRound(now, newcomer))) {
  }
}

// Returns the replicas for which requests wait.
SlotSet SlotQueue::GrantRound(TimePoint now, Newcomer* newcomer) {
  absl::InlinedVector<const void*, 8> blocked_lanes;
  SlotSet reserved;
  blocked_.clear();
  while (Waiter* const waiter = Next(blocked_lanes)) {
    ReservedSlots tried(reserved);
    const SlotTaker::Try outcome = waiter->taker->TryTake(now, tried);
    if (outcome != SlotTaker::Try::kNoRoom) {
      EndWait(*waiter, outcome, now, newcomer);
      continue;
    }
    if (blocked_lanes.empty() && AnyRoom()) GrantBehind(*waiter, now, newcomer);
    reserved.AddAll(tried.wanted());
    blocked_lanes.push_back(waiter->lane);
    blocked_.push_back({waiter->lane, std::move(tried.wanted())});
    if (blocked_lanes.size() == line_.lanes()) break;
  }
  return reserved;
}

// Returns whether a replica has learned that requests wait for it.
bool SlotQueue::Contend(const SlotSet& reserved) {
  bool learned = false;
  for (const auto& replica : reserved) {
    if (contended_.Has(*replica)) continue;
    replica->Contend(weak_from_this());
    learned = true;
  }
  for (const auto& replica : contended_) {
    if (!reserved.Has(*replica)) replica->EndContention();
  }
  contended_ = reserved;
  return learned;
}

// Grants slots to requests behind the head of the line, which does not fit where they do.
void SlotQueue::GrantBehind(Waiter& head, TimePoint now, Newcomer* newcomer) {
  constexpr std::size_t kLooks = 16;
  const int most = head.band == Band::kBatch ? kMostPassedOfBatch : kMostPassed;
  if (head.passed >= most) return;
  const SlotSet none;
  for (Waiter* const waiter : line_.of(head.band).Behind(head, kLooks)) {
    // Batch may have reached its floor meanwhile, so that another band is next.
    if (head.passed >= most || Head() != &head) return;
    ReservedSlots tried(none);
    if (waiter->taker->TryTake(now, tried) != SlotTaker::Try::kTaken) continue;
    ++head.passed;
    EndWait(*waiter, SlotTaker::Try::kTaken, now, newcomer);
  }
}

// Removes a waiter that has been granted a slot or is unusable.
void SlotQueue::EndWait(Waiter& waiter, SlotTaker::Try outcome, TimePoint now, Newcomer* newcomer) {
  const bool granted = outcome == SlotTaker::Try::kTaken;
  SlotTaker& taker = *waiter.taker;
  const bool joins = newcomer != nullptr && &taker == newcomer->taker;
  if (granted) {
    Grant(waiter, now);
  } else if (!joins) {
    ++totals_.left[IndexOf(waiter.band)];
  }
  Remove(waiter);
  if (joins) {
    newcomer->outcome = granted ? Outcome::kGranted : Outcome::kUnusable;
  } else {
    taker.Wake(granted ? SlotTaker::Why::kGranted : SlotTaker::Why::kUnusable);
  }
}

void SlotQueue::Grant(const Waiter& waiter, TimePoint now) {
  const Duration expected = std::max(service_times_.MeanOf(waiter.band), Duration(1));
  line_.of(waiter.band).Charge(waiter, expected);
  waiter.taker->charged_ = expected;
  AddRunning(waiter.band, 1);
  forecast_.Granted(now, ServingOf(replicas_).within);
  ++totals_.granted[IndexOf(waiter.band)];
}

void SlotQueue::Remove(Waiter& waiter) {
  preemption_.WaitsNoMore(waiter);
  line_.Remove(waiter);
}

// Returns who has to go if one waiter is too many.
Waiter& SlotQueue::LeastUrgent(Waiter& newcomer) const {
  if (Waiter* const below = line_.YoungestBelow(newcomer.band)) return *below;
  const Duration expected = service_times_.MeanOf(newcomer.band);
  Waiter* const beside = line_.of(newcomer.band).YoungestOfTheHeaviest(expected);
  return beside != nullptr ? *beside : newcomer;
}

// Sheds one waiter, perhaps the newcomer, if the line is too long with it.
SlotQueue::Outcome SlotQueue::KeepWithinLimit(Waiter& newcomer, TimePoint now) {
  const auto limit = static_cast<std::size_t>(std::max(settings_.limit, 0));
  if (newcomer.front || line_.arrivals() <= limit) return Outcome::kWaiting;
  Waiter& victim = LeastUrgent(newcomer);
  SlotTaker& shed = *victim.taker;
  Newcomer joining{newcomer.taker};
  forecast_.Left(victim.band);
  if (&victim == &newcomer) {
    ++totals_.full[IndexOf(victim.band)];
    joining.outcome = Outcome::kFull;
  } else {
    ++totals_.shed[IndexOf(victim.band)];
    shed.Wake(SlotTaker::Why::kShed);
  }
  const bool blocked = MayBlock(victim);
  Remove(victim);
  if (blocked) GrantFree(now, &joining);
  return joining.outcome;
}

// After each change of the line: the flags, the forecast, and batch that must move aside.
void SlotQueue::Settle(TimePoint now) {
  waiting_.store(line_.size(), std::memory_order_relaxed);
  if (line_.empty()) {
    blocked_.clear();
    Contend({});
    return forecast_.Ends(now);
  }
  forecast_.Begins(now);
  if (settings_.preempt && line_.of(Band::kLatencyCritical).size() > 0) MoveBatchAside(now);
}

// Each lane asks for attempts at the replicas that it waits for.
void SlotQueue::MoveBatchAside(TimePoint now) {
  totals_.moved_aside +=
      preemption_.MoveAside({.now = now,
                             .grant_interval = forecast_.GrantInterval(ViewOf(now)),
                             .movable = running_batch() - BatchFloor()},
                            blocked_);
}

// --- running -------------------------------------------------------------------------------------

void SlotQueue::Released(const SlotUse& use) {
  service_times_.Add(use.band, use.held);
  AddRunning(use.band, -1);
  if (use.charged == Duration(0)) return;
  MutexLock lock(mutex_);
  line_.of(use.band).Ended(use.team, use.held - use.charged);
}

std::uint64_t SlotQueue::AddHold(Preemptible& attempt, const SlotCount& replica,
                                 std::int64_t tokens) {
  MutexLock lock(mutex_);
  return preemption_.Add(attempt, replica, tokens);
}

void SlotQueue::RemoveHold(std::uint64_t number) {
  MutexLock lock(mutex_);
  preemption_.Remove(number);
}

bool SlotQueue::AnyRoom() const {
  return std::any_of(replicas_.begin(), replicas_.end(),
                     [](const auto& replica) { return replica->HasRoom(0); });
}

// Returns how many slots are batch's own: rounded up, and at most half of them, so that the only
// slot of a pool is not batch's. Of unbounded slots, those in use count.
int SlotQueue::BatchFloor() const {
  if (settings_.batch_floor <= 0) return 0;
  std::int64_t slots = 0;
  for (const auto& replica : replicas_) {
    if (replica->down()) continue;
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
    view.service[IndexOf(band)] = service_times_.MeanOf(band);
  }
  view.mean_service = service_times_.Mean();
  const Serving serving = ServingOf(replicas_);
  view.serving = serving.within;
  view.excess = serving.beyond;
  view.running_batch = running_batch();
  view.batch_floor = BatchFloor();
  return view;
}

Duration SlotQueue::Predict(Band band, std::size_t ahead, std::int64_t tokens,
                            const WaitForecast::View& view) const {
  const Duration predicted = forecast_.Predict(band, ahead, view);
  if (predicted <= kMoveAsideTime) return predicted;
  const int movable = view.running_batch - view.batch_floor;
  const bool moves_batch = settings_.preempt && band == Band::kLatencyCritical &&
                           preemption_.HasForOneMore(movable) &&
                           (tokens == 0 || preemption_.MakesRoom(tokens, replicas_, movable));
  return moves_batch ? std::min(predicted, kMoveAsideTime) : predicted;
}

Duration SlotQueue::Predicted(Band band, std::string_view team, int share, TimePoint now,
                              std::int64_t tokens) const {
  MutexLock lock(mutex_);
  const Duration expected = service_times_.MeanOf(band);
  return Predict(band, line_.of(band).Ahead(team, share, expected), tokens, ViewOf(now));
}

SlotQueue::Figures SlotQueue::figures(TimePoint now) const {
  MutexLock lock(mutex_);
  Figures figures = totals_;
  const WaitForecast::View view = ViewOf(now);
  const bool free = line_.empty() && AnyRoom();
  for (const Band band : kAllBands) {
    const std::size_t waiting = view.waiting[IndexOf(band)];
    figures.waiting[IndexOf(band)] = waiting;
    figures.predicted[IndexOf(band)] =
        free ? Duration(0) : Predict(band, waiting, /*tokens=*/0, view);
  }
  figures.running_batch = view.running_batch;
  figures.batch_floor = view.batch_floor;
  return figures;
}

}  // namespace headgate::backends
