#include "gateway/proxy/slot_source.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <utility>

#include "gateway/attempt/attempt_limits.h"
#include "gateway/permits/quota_use.h"
#include "gateway/snapshot/candidates.h"
#include "routing/decide/spill.h"

namespace headgate::gateway {

using backends::ReplicaSet;

namespace {

// What a client of a full queue is told to wait at least.
constexpr std::chrono::seconds kLeastRetry(1);

// How long a retry waits for other replicas of a full pool rather than go back to the one that has
// failed it. A server that fails all is ejected by then. A slot elsewhere may take minutes.
constexpr std::chrono::seconds kAvoidFailed(10);

}  // namespace

bool SlotSource::TakeFree(const SlotRequest& wanted, Attempt::Aim& aim, AttemptFailure& failure) {
  const TimePoint now = SteadyClock::now();
  if (!TryTake(WishOf(wanted, now), aim, failure)) return false;
  // The attempt beside it may be moved aside too.
  aim.may_move = aim.may_move && moved_aside_ + 1 < kMostMoves;
  return true;
}

bool SlotSource::Take(const SlotRequest& wanted, Attempt::Aim& aim, AttemptFailure& failure) {
  // Since the body was read only the decision has been made, unless the request has waited.
  const TimePoint now = asked_ ? SteadyClock::now() : account_.body_read;
  asked_ = true;
  return TryTake(WishOf(wanted, now), aim, failure);
}

bool SlotSource::MayWait(const SlotRequest& wanted, const AttemptFailure& failure) const {
  return failure.full &&
         account_.snapshot->fleet->QueueOf(plan_[wanted.plan_index].target) != nullptr;
}

Awaitable<bool> SlotSource::Wait(const SlotRequest& wanted, Attempt::Aim& aim,
                                 AttemptFailure& failure) {
  failure = {};
  const TimePoint began = SteadyClock::now();
  SlotWish wish = WishOf(wanted, began);
  CompleteDemand(began, wanted.front, wish);
  if (ComesTooLate(wish, began, failure)) co_return false;
  SlotWait wait(worker_.executor, *account_.snapshot->fleet, wish);
  VainWait vain{.wait = wait, .wish = wish};
  const SlotWait::Looks looks = LooksOf(wanted, wish, began, vain.leaves_for);
  wait_ = &wait;
  vain.outcome = co_await wait.Until(WaitsUntil(wish, began), looks);
  wait_ = nullptr;
  vain.waited = SteadyClock::now() - began;
  NoteWait(wish.demand.band, vain.waited);
  if (vain.outcome != SlotWait::Outcome::kGranted) {
    failure.passed_over = true;
    FailWait(vain, failure);
    co_return false;
  }
  SlotLease slot = wait.TakeSlot();
  wish.ask.now = began + vain.waited;
  Fill(slot, wish, aim);
  aim.waited = vain.waited;
  co_return true;
}

SlotWish SlotSource::WishOf(const SlotRequest& wanted, TimePoint now) const {
  const routing::CompiledPolicy& policy = *account_.snapshot->policy;
  const Fleet& fleet = *account_.snapshot->fleet;
  SlotWish wish{.target = plan_[wanted.plan_index].target, .ask = {}, .demand = {}};
  wish.ask.random = worker_.random.Next();
  wish.ask.now = now;
  const backends::ModelCircuits& circuits = fleet.model_circuits(wish.target);
  wish.ask.avoid = wanted.avoid;
  wish.ask.avoid_until = now + kAvoidFailed;
  wish.ask.model = &circuits;
  wish.ask.admission = AdmissionOf(wanted, now);
  wish.ask.tokens = TokensAt(wish.target);
  wish.ask.more_sequences = outgoing_.sequences - 1;
  const PrefixAffinity* const affinity = fleet.BackendOf(wish.target).affinity.get();
  if (affinity != nullptr && !outgoing_.prefix.empty()) {
    wish.ask.preferred =
        affinity->Prefer(outgoing_.prefix, *fleet.BackendOf(wish.target).replicas, wish.ask);
  }
  wish.demand.band =
      static_cast<backends::Band>(policy.BandOf(account_.classification->request_class));
  wish.demand.team = policy.TeamOf(account_.key);
  wish.demand.share = policy.ShareOf(account_.key);
  wish.demand.tokens = wish.ask.tokens;
  // A request that avoids a replica is served by others than the rest of its model's requests.
  wish.demand.lane = &circuits;
  if (wanted.avoid) wish.demand.lane = &circuits[*wanted.avoid];
  return wish;
}

// Returns the KV room that the request takes at the target; 0 where tokens are not counted.
std::int64_t SlotSource::TokensAt(std::size_t target) const {
  if (ConfiguredAt(target).slot_tokens == 0) return 0;
  return ExpectedUse(account_, target, outgoing_.size).Sum();
}

// Only a request that waits needs a deadline.
void SlotSource::CompleteDemand(TimePoint now, bool front, SlotWish& wish) const {
  const routing::CompiledPolicy& policy = *account_.snapshot->policy;
  const std::chrono::milliseconds first_token =
      outgoing_.slo_ttft.value_or(policy.TargetTtft(account_.classification->request_class));
  wish.demand.deadline = account_.started + first_token;
  wish.demand.lead = UsualFirstToken(account_, wish.target, now);
  wish.demand.front = front;
}

// Returns whether some target of the plan behind the wanted one may be asked.
bool SlotSource::HasUsableBehind(const SlotRequest& wanted, TimePoint now) const {
  for (std::size_t i = wanted.plan_index + 1; i < plan_.size(); ++i) {
    if (account_.snapshot->fleet->Usable(plan_[i].target, now)) return true;
  }
  return false;
}

// Returns which replicas of the wished target may be asked.
ReplicaSet::Admission SlotSource::AdmissionOf(const SlotRequest& wanted, TimePoint now) const {
  const Fleet& fleet = *account_.snapshot->fleet;
  if (wanted.insist) return ReplicaSet::Admission::kUsable;
  if (HasUsableBehind(wanted, now)) return ReplicaSet::Admission::kSlowStart;
  bool panic = account_.attempts.empty();
  for (std::size_t i = 0; i < wanted.plan_index; ++i) {
    panic = panic && !fleet.Usable(plan_[i].target, now);
  }
  return panic ? ReplicaSet::Admission::kPanic : ReplicaSet::Admission::kUsable;
}

// Returns whether a target would take the request now that it has waited elsewhere.
bool SlotSource::Takes(std::size_t target, const SlotWish& wish, TimePoint now) const {
  if (!account_.snapshot->fleet->Usable(target, now)) return false;
  if (LimitedUntil(account_, target, outgoing_.size, now) > now) return false;
  routing::Candidate candidate;
  FillQueue(*account_.snapshot->fleet, target,
            {.band = wish.demand.band,
             .team = wish.demand.team,
             .share = wish.demand.share,
             .tokens = TokensAt(target)},
            now, candidate);
  std::optional<std::uint32_t> slo_ttft_ms;
  if (outgoing_.slo_ttft) slo_ttft_ms = static_cast<std::uint32_t>(outgoing_.slo_ttft->count());
  return routing::TakesSpilled(Spill(), account_.snapshot->policy->targets()[target], candidate,
                               slo_ttft_ms);
}

// Returns whether the request may move there: freely to most targets, and to a failing one with a
// token of the retry budget, which is taken.
bool SlotSource::Affords(std::size_t target, TimePoint now) const {
  const BackendState& backend = account_.snapshot->fleet->BackendOf(target);
  return !backend.replicas->MostlyFailures(now) || worker_.retry_budget.Take(now);
}

// Returns the place of the first target of the plan that takes the request and will be asked.
std::optional<std::size_t> SlotSource::FindElsewhere(const SlotRequest& wanted,
                                                     const SlotWish& wish, TimePoint now,
                                                     Written& written) const {
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    if (!wanted.machine->MayLeaveFor(i, now) || !Takes(plan_[i].target, wish, now)) continue;
    if (!written[i]) written[i] = wanted.writes(i);
    if (*written[i] && Affords(plan_[i].target, now)) return i;
  }
  return std::nullopt;
}

// Returns when the request looks for another target. `found` gets its place in the plan.
SlotWait::Looks SlotSource::LooksOf(const SlotRequest& wanted, const SlotWish& wish,
                                    TimePoint began, std::optional<std::size_t>& found) const {
  const config::Spill& spill = Spill();
  SlotWait::Looks looks;
  if (wanted.last || spill.when == config::Spill::When::kNever) return looks;
  looks.first = began + spill.limit;
  looks.interval = routing::LookAgainAfter(spill);
  looks.leaves = [this, &wanted, &wish, &found,
                  written = Written(plan_.size())](TimePoint now) mutable {
    found = FindElsewhere(wanted, wish, now, written);
    return found.has_value();
  };
  return looks;
}

bool SlotSource::TryTake(const SlotWish& wish, Attempt::Aim& aim, AttemptFailure& failure) {
  const Fleet& fleet = *account_.snapshot->fleet;
  ReplicaSet::Answer answer = fleet.Acquire(wish.target, wish.ask);
  if (!answer.lease) {
    failure.passed_over = true;
    failure.held_back = answer.refusal == ReplicaSet::Refusal::kHeldBack;
    failure.full = answer.refusal == ReplicaSet::Refusal::kFull;
    return false;
  }
  SlotLease slot(fleet.BackendOf(wish.target), *std::move(answer.lease), wish.Use(),
                 SlotLease::By::kItself, wish.ask.now);
  Fill(slot, wish, aim);
  return true;
}

void SlotSource::Fill(SlotLease& slot, const SlotWish& wish, Attempt::Aim& aim) {
  BookSpills(wish.target);
  const BackendState& backend = account_.snapshot->fleet->BackendOf(wish.target);
  if (backend.affinity != nullptr && !outgoing_.prefix.empty()) {
    backend.affinity->Note(outgoing_.prefix, *backend.replicas, wish.ask, slot.replica());
  }
  aim.target = wish.target;
  aim.slot = std::move(slot);
  aim.waited = {};
  aim.may_move = wish.demand.band == backends::Band::kBatch && moved_aside_ < kMostMoves &&
                 ConfiguredAt(wish.target).preempt;
}

// The target has the request, so the request has left the other queues for it. It has not left the
// queue to which it came back.
void SlotSource::BookSpills(std::size_t target) {
  if (left_.empty() && account_.spilled.empty()) return;
  const auto& targets = account_.snapshot->policy->targets();
  const std::optional<std::size_t> queue = routing::QueueOf(targets[target]);
  const auto is_same = [&](const SpilledFrom& left) {
    return routing::IsSameQueue(routing::QueueOf(targets[left.target]), queue);
  };
  auto& spilled = account_.spilled;
  if (account_.attempts.empty()) {  // no other target has had it
    spilled.erase(std::remove_if(spilled.begin(), spilled.end(), is_same), spilled.end());
  }
  std::copy_if(left_.begin(), left_.end(), std::back_inserter(spilled), std::not_fn(is_same));
  left_.clear();
}

// What an answer usually takes, and at most half of what is left: a slot that comes later would be
// taken in vain.
backends::Duration SlotSource::TimeForAnswer(std::size_t target, TimePoint now) const {
  return routing::TimeForAnswer(UsualAnswer(account_, outgoing_.size, target, now),
                                outgoing_.deadline - now);
}

// The time limit of batch does not run while it waits. Its waits have a limit of their own, for all
// of them together.
TimePoint SlotSource::WaitsUntil(const SlotWish& wish, TimePoint now) const {
  if (wish.demand.band != backends::Band::kBatch) {
    return outgoing_.deadline - TimeForAnswer(wish.target, now);
  }
  const std::chrono::nanoseconds most = ConfiguredAt(wish.target).batch.max_wait;
  return now + std::max(most - account_.queued, std::chrono::nanoseconds{0});
}

// The first attempt counts all time before it as the gateway's own, and a wait in a queue is not.
void SlotSource::NoteWait(backends::Band band, std::chrono::nanoseconds waited) {
  if (account_.attempts.empty()) account_.overhead -= waited;
  account_.queued += waited;
  if (band == backends::Band::kBatch) outgoing_.deadline += waited;
}

bool SlotSource::ComesTooLate(const SlotWish& wish, TimePoint now, AttemptFailure& failure) {
  const backends::SlotDemand& demand = wish.demand;
  const backends::SlotQueue& queue = *account_.snapshot->fleet->QueueOf(wish.target);
  const backends::Duration left = outgoing_.deadline - now;
  const backends::Duration predicted =
      queue.Predicted(demand.band, demand.team, demand.share, now, demand.tokens);
  const backends::Duration answer = TimeForAnswer(wish.target, now);
  if (!routing::ComesTooLate(static_cast<config::Band>(demand.band),
                             {.wait = predicted, .firm = queue.HasForecast()}, left - answer)) {
    return false;
  }
  failure.passed_over = failure.queue_full = true;
  failure.error.result = backends::AttemptResult::kStatus429;
  TellEnd({.why = QueueEnd::Why::kTooLate,
           .backend = ConfiguredAt(wish.target).name,
           .predicted = predicted,
           .left = left,
           .answer = answer},
          predicted, failure);
  left_.push_back({.target = wish.target, .why = SpilledFrom::Why::kDecided, .waited = {}});
  return true;
}

void SlotSource::FailWait(const VainWait& vain, AttemptFailure& failure) {
  using Outcome = SlotWait::Outcome;
  if (vain.outcome == Outcome::kGone) return;
  if (vain.outcome == Outcome::kDrained) return TellEnd(EndOf(vain), {}, failure);
  if (vain.outcome == Outcome::kUnusable) {
    const TimePoint now = SteadyClock::now();
    const TimePoint next_try = account_.snapshot->fleet->NextTry(vain.wish.target, now);
    return TellEnd(EndOf(vain), next_try - now, failure);
  }
  const bool turned_away = vain.outcome == Outcome::kFullQueue || vain.outcome == Outcome::kShed;
  const bool is_batch = vain.wish.demand.band == backends::Band::kBatch;
  failure.queue_full = turned_away || (vain.outcome == Outcome::kOver && is_batch);
  failure.full = !failure.queue_full;
  failure.leaves_for = vain.leaves_for;
  left_.push_back({.target = vain.wish.target,
                   .why = turned_away ? SpilledFrom::Why::kFullQueue : SpilledFrom::Why::kWaited,
                   .waited = vain.waited});
  if (vain.outcome == Outcome::kLeft) return;
  if (failure.queue_full) failure.error.result = backends::AttemptResult::kStatus429;
  TellEnd(EndOf(vain), vain.wait.Predicted(), failure);
}

void SlotSource::TellEnd(const QueueEnd& end, backends::Duration predicted,
                         AttemptFailure& failure) {
  failure.queue_end = end;
  failure.error.detail = WordsOf(end, end.backend);
  failure.error.retry_after = std::max<std::chrono::milliseconds>(
      kLeastRetry, std::chrono::ceil<std::chrono::milliseconds>(predicted));
}

QueueEnd SlotSource::EndOf(const VainWait& vain) const {
  using Why = QueueEnd::Why;
  const config::Backend& backend = ConfiguredAt(vain.wish.target);
  const bool is_batch = vain.wish.demand.band == backends::Band::kBatch;
  const Why why = vain.outcome == SlotWait::Outcome::kFullQueue  ? Why::kFull
                  : vain.outcome == SlotWait::Outcome::kShed     ? Why::kShed
                  : vain.outcome == SlotWait::Outcome::kUnusable ? Why::kDown
                  : vain.outcome == SlotWait::Outcome::kDrained  ? Why::kDrained
                  : is_batch                                     ? Why::kMaxWait
                                                                 : Why::kTimeOver;
  return {.why = why,
          .backend = backend.name,
          .waiting = vain.wait.joined().waiting,
          .limit = vain.wait.joined().limit,
          .waited = vain.waited,
          .max_wait = backend.batch.max_wait};
}

}  // namespace headgate::gateway
