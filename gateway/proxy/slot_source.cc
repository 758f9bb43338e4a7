#include "gateway/proxy/slot_source.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "gateway/attempt/attempt_limits.h"
#include "routing/decide/candidate_filter.h"
#include "routing/decide/spill.h"

namespace headgate::gateway {

using backends::ReplicaSet;

namespace {

// What a client of a full queue is told to wait at least.
constexpr std::chrono::seconds kLeastRetry(1);

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
  if (!TryTake(WishOf(wanted, now), aim, failure)) return false;
  // The attempt beside it may be moved aside too.
  aim.may_move = aim.may_move && moved_aside_ + 1 < kMostMoves;
  return true;
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
  VainWait vain{.target = wish.target, .band = wish.demand.band};
  const SlotWait::Looks looks = LooksOf(wanted, wish, began, vain.leaves_for);
  SlotWait wait(worker_.executor, fleet, wish);
  wait_ = &wait;
  vain.outcome = co_await wait.Until(WaitsUntil(wish, began), looks);
  wait_ = nullptr;
  vain.waited = SteadyClock::now() - began;
  NoteWait(wish.demand.band, vain.waited);
  if (vain.outcome != SlotWait::Outcome::kGranted) {
    failure.passed_over = true;
    vain.predicted = wait.predicted();
    vain.last = wanted.last;
    if (!wait.ended()) FailWait(vain, failure);
    co_return false;
  }
  SlotLease slot = wait.TakeSlot();
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
  wish.ask.avoid = wanted.avoid;
  wish.ask.model = &fleet.model_circuits(wish.target);
  wish.ask.admission = AdmissionOf(wanted, now);
  wish.ask.tokens = TokensAt(wish.target);
  PrefixAffinity* const affinity = fleet.BackendOf(wish.target).affinity.get();
  if (affinity != nullptr && !outgoing_.prefix.empty()) {
    wish.ask.preferred =
        affinity->Prefer(outgoing_.prefix, *fleet.BackendOf(wish.target).replicas, wish.ask);
  }
  wish.demand.band =
      static_cast<backends::Band>(policy.BandOf(account_.classification->request_class));
  wish.demand.team = policy.TeamOf(account_.key);
  wish.demand.share = policy.ShareOf(account_.key);
  wish.demand.lane = &fleet.model_circuits(wish.target);
  return wish;
}

// Returns the KV room that the request takes at the target; 0 where tokens are not counted.
std::int64_t SlotSource::TokensAt(std::size_t target) const {
  if (ConfiguredAt(target).slot_tokens == 0) return 0;
  const auto use = ExpectedUse(account_, target, outgoing_.most_output);
  return use.input + use.output;
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

// Returns the first usable target of the plan behind the wanted one for which `fits(plan_index)`
// holds.
template <typename Fits>
std::optional<std::size_t> SlotSource::NextUsable(const SlotRequest& wanted, TimePoint now,
                                                  Fits fits) const {
  for (std::size_t i = wanted.plan_index + 1; i < plan_.size(); ++i) {
    if (account_.snapshot->fleet->Usable(plan_[i].target, now) && fits(i)) return i;
  }
  return std::nullopt;
}

// Returns which replicas of the wished target may be asked.
ReplicaSet::Admission SlotSource::AdmissionOf(const SlotRequest& wanted, TimePoint now) const {
  const Fleet& fleet = *account_.snapshot->fleet;
  if (wanted.insist) return ReplicaSet::Admission::kUsable;
  if (NextUsable(wanted, now, [](std::size_t) { return true; })) {
    return ReplicaSet::Admission::kSlowStart;
  }
  bool panic = account_.attempts.empty();
  for (std::size_t i = 0; i < wanted.plan_index; ++i) {
    panic = panic && !fleet.Usable(plan_[i].target, now);
  }
  return panic ? ReplicaSet::Admission::kPanic : ReplicaSet::Admission::kUsable;
}

// Returns whether a target would take the request now that it has waited elsewhere.
bool SlotSource::Takes(std::size_t target, const SlotWish& wish, TimePoint now) const {
  if (LimitedUntil(account_, target, outgoing_.most_output, now) > now) return false;
  routing::Candidate candidate;
  account_.snapshot->fleet->FillQueue(target,
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

// Returns when the request looks for another target. `found` gets its place in the plan.
SlotWait::Looks SlotSource::LooksOf(const SlotRequest& wanted, const SlotWish& wish,
                                    TimePoint began, std::optional<std::size_t>& found) const {
  const config::Spill& spill = Spill();
  SlotWait::Looks looks;
  if (wanted.last || wanted.front || spill.when == config::Spill::When::kNever) return looks;
  looks.first = began + spill.limit;
  looks.interval = routing::LookAgainAfter(spill);
  looks.leaves = [this, &wanted, &wish, &found](TimePoint now) {
    found = NextUsable(wanted, now, [&](std::size_t i) {
      return wanted.machine->MayLeaveFor(i, now) && Takes(plan_[i].target, wish, now);
    });
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

// The time limit of batch does not run while it waits. Its waits have a limit of their own, for all
// of them together.
TimePoint SlotSource::WaitsUntil(const SlotWish& wish, TimePoint now) const {
  if (wish.demand.band != backends::Band::kBatch) return outgoing_.deadline;
  const std::chrono::nanoseconds most = ConfiguredAt(wish.target).batch.max_wait;
  return now + std::max(most - account_.queued, std::chrono::nanoseconds{0});
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
  const bool is_over = wait.outcome == SlotWait::Outcome::kOver;
  const bool turned_away = wait.outcome == SlotWait::Outcome::kFullQueue;
  failure.queue_full = turned_away || (is_over && wait.band == backends::Band::kBatch);
  failure.full = !failure.queue_full;
  failure.leaves_for = wait.leaves_for;
  if (failure.queue_full) {
    failure.error.result = backends::AttemptResult::kStatus429;
    failure.error.retry_after = std::max<std::chrono::milliseconds>(
        kLeastRetry, std::chrono::ceil<std::chrono::milliseconds>(wait.predicted));
  }
  // At the end of its time limit the request goes nowhere.
  if (wait.last || (is_over && !failure.queue_full)) return;
  account_.spilled.push_back({.target = wait.target,
                              .why = turned_away ? Why::kFullQueue : Why::kWaited,
                              .waited = wait.waited});
}

}  // namespace headgate::gateway
