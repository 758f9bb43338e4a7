#include "gateway/proxy/slot_source.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "gateway/attempt/attempt_limits.h"
#include "routing/decide/candidate_filter.h"

namespace headgate::gateway {

using backends::ReplicaSet;

namespace {

// What a client of a full queue is told to wait at least.
constexpr std::chrono::seconds kLeastRetry(1);

std::string_view TeamOf(const RequestAccount& account) {
  if (!account.key) return {};
  return account.snapshot->config->keys[*account.key].team;
}

// Returns the usual time from sending a request to its first token; 0 while it is not known.
std::chrono::nanoseconds UsualFirstToken(const RequestAccount& account, std::size_t target,
                                         TimePoint now) {
  const auto latency = account.snapshot->fleet->learned(target).FirstToken(now);
  if (latency.samples < routing::kLiveSamples) return std::chrono::nanoseconds{0};
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<float, std::milli>(latency.median_ms));
}

}  // namespace

bool SlotSource::TakeFree(const SlotRequest& wanted, Attempt::Aim& aim, AttemptFailure& failure) {
  const TimePoint now = SteadyClock::now();
  return TryTake(WishOf(wanted, now), aim, failure);
}

Awaitable<bool> SlotSource::Take(const SlotRequest& wanted, Attempt::Aim& aim,
                                 AttemptFailure& failure) {
  // Since the body was read only the decision has been made, unless the request has waited.
  const TimePoint now = asked_ ? SteadyClock::now() : account_.body_read;
  asked_ = true;
  SlotWish wish = WishOf(wanted, now);
  if (TryTake(wish, aim, failure)) co_return true;
  const Fleet& fleet = *account_.snapshot->fleet;
  if (!failure.full || fleet.QueueOf(wish.target) == nullptr) co_return false;
  failure = {};
  CompleteDemand(now, wanted.front, wish);
  const TimePoint began = SteadyClock::now();
  SlotWait wait(worker_.executor, fleet, wish);
  wait_ = &wait;
  const SlotWait::Outcome outcome = co_await wait.Until(WaitsUntil(wanted, wish, began));
  wait_ = nullptr;
  const std::chrono::nanoseconds waited = SteadyClock::now() - began;
  NoteWait(wish.demand.band, waited);
  if (outcome != SlotWait::Outcome::kGranted) {
    failure.passed_over = true;
    if (wait.ended()) co_return false;
    FailWait({.target = wish.target,
              .band = wish.demand.band,
              .outcome = outcome,
              .waited = waited,
              .predicted = wait.predicted(),
              .last = wanted.last || began + waited >= outgoing_.deadline},
             failure);
    co_return false;
  }
  SlotLease slot = wait.TakeSlot();
  Fill(slot, wish, aim);
  aim.waited = waited;
  co_return true;
}

SlotWish SlotSource::WishOf(const SlotRequest& wanted, TimePoint now) const {
  const routing::CompiledPolicy& policy = *account_.snapshot->policy;
  const Fleet& fleet = *account_.snapshot->fleet;
  SlotWish wish{.target = plan_[wanted.plan_index].target, .ask = {}, .demand = {}};
  wish.ask.random = worker_.random.Next();
  wish.ask.now = now;
  wish.ask.avoid = wanted.avoid;
  wish.ask.model = &fleet.model_circuits(wish.target);
  wish.ask.admission = AdmissionOf(wanted, now);
  if (ConfiguredAt(wish.target).slot_tokens > 0) {
    const auto use = ExpectedUse(account_, wish.target, outgoing_.most_output);
    wish.ask.tokens = use.input + use.output;
  }
  PrefixAffinity* const affinity = fleet.BackendOf(wish.target).affinity.get();
  if (affinity != nullptr && !outgoing_.prefix.empty()) {
    wish.ask.preferred =
        affinity->Prefer(outgoing_.prefix, *fleet.BackendOf(wish.target).replicas, wish.ask);
  }
  wish.demand.band =
      static_cast<backends::Band>(policy.BandOf(account_.classification->request_class));
  wish.demand.team = TeamOf(account_);
  wish.demand.share = policy.ShareOf(account_.key);
  return wish;
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

// Returns which replicas of the wished target may be asked.
ReplicaSet::Admission SlotSource::AdmissionOf(const SlotRequest& wanted, TimePoint now) const {
  const Fleet& fleet = *account_.snapshot->fleet;
  if (wanted.insist) return ReplicaSet::Admission::kUsable;
  for (std::size_t i = wanted.plan_index + 1; i < plan_.size(); ++i) {
    if (fleet.Usable(plan_[i].target, now)) return ReplicaSet::Admission::kSlowStart;
  }
  bool panic = account_.attempts.empty();
  for (std::size_t i = 0; i < wanted.plan_index; ++i) {
    panic = panic && !fleet.Usable(plan_[i].target, now);
  }
  return panic ? ReplicaSet::Admission::kPanic : ReplicaSet::Admission::kUsable;
}

// Returns whether a later target of the plan could serve the request without the same queue.
bool SlotSource::HasElsewhere(const SlotRequest& wanted, TimePoint now) const {
  const Fleet& fleet = *account_.snapshot->fleet;
  const BackendState& here = fleet.BackendOf(plan_[wanted.plan_index].target);
  for (std::size_t i = wanted.plan_index + 1; i < plan_.size(); ++i) {
    if (&fleet.BackendOf(plan_[i].target) != &here && fleet.Usable(plan_[i].target, now)) {
      return true;
    }
  }
  return false;
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

void SlotSource::Fill(SlotLease& slot, const SlotWish& wish, Attempt::Aim& aim) const {
  PrefixAffinity* const affinity = account_.snapshot->fleet->BackendOf(wish.target).affinity.get();
  if (affinity != nullptr && !outgoing_.prefix.empty()) {
    affinity->Note(outgoing_.prefix, slot.replica());
  }
  aim.target = wish.target;
  aim.slot = std::move(slot);
  aim.waited = {};
  aim.may_move = wish.demand.band == backends::Band::kBatch && moved_aside_ < kMostMoves &&
                 ConfiguredAt(wish.target).preempt;
}

TimePoint SlotSource::WaitsUntil(const SlotRequest& wanted, const SlotWish& wish,
                                 TimePoint now) const {
  TimePoint until = outgoing_.deadline;
  if (wish.demand.band == backends::Band::kBatch) {
    until = now + ConfiguredAt(wish.target).batch.max_wait;
  }
  const config::Spill& spill = account_.snapshot->config->routes[*account_.route].spill;
  const bool stays = wanted.last || wanted.front || spill.when == config::Spill::When::kNever ||
                     !HasElsewhere(wanted, now);
  return stays ? until : std::min(until, now + spill.limit);
}

// The first attempt counts all time before it as the gateway's own, and a wait in a queue is not.
void SlotSource::NoteWait(backends::Band band, std::chrono::nanoseconds waited) {
  if (account_.attempts.empty()) account_.overhead -= waited;
  account_.queued += waited;
  if (band == backends::Band::kBatch) outgoing_.deadline += waited;
}

void SlotSource::FailWait(const VainWait& wait, AttemptFailure& failure) {
  using Why = SpilledFrom::Why;
  if (wait.outcome == SlotWait::Outcome::kUnusable) return;
  const bool too_long = wait.band == backends::Band::kBatch &&
                        wait.waited >= ConfiguredAt(wait.target).batch.max_wait;
  const bool turned_away = wait.outcome == SlotWait::Outcome::kFullQueue;
  failure.queue_full = turned_away || too_long;
  failure.full = !failure.queue_full;
  if (failure.queue_full) {
    failure.error.result = backends::AttemptResult::kStatus429;
    failure.error.retry_after = std::max<std::chrono::milliseconds>(
        kLeastRetry, std::chrono::ceil<std::chrono::milliseconds>(wait.predicted));
  }
  if (wait.last) return;
  account_.spilled.push_back({.target = wait.target,
                              .why = turned_away ? Why::kFullQueue : Why::kWaited,
                              .waited = wait.waited});
}

}  // namespace headgate::gateway
