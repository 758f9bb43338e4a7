#include "backends/upstream/replica_set.h"

#include <algorithm>
#include <utility>

namespace headgate::backends {
namespace {

bool TakeSlot(SlotCount& slots, const ReplicaSet::Ask& ask) {
  const bool taken =
      ask.reserved != nullptr ? slots.TryGrant(ask.tokens) : slots.TryTake(ask.tokens);
  if (taken && ask.more_sequences != 0) slots.AddSequences(ask.more_sequences);
  return taken;
}

// Returns what runs at a new replica. Limits of what runs already are set by PutLimitsInForce.
std::shared_ptr<SlotCount> SlotsOf(const SlotCounts& running, std::size_t index,
                                   const SlotLimits& limits) {
  if (index < running.size() && running[index] != nullptr) return running[index];
  return std::make_shared<SlotCount>(limits.slots, limits.tokens);
}

}  // namespace

ReplicaSet::ReplicaSet(std::size_t replicas, const SlotLimits& limits, std::uint64_t seed,
                       const SlotCounts& running)
    : limits_(limits), outcomes_(std::make_shared<RecentOutcomes>()) {
  for (std::size_t i = 0; i < replicas; ++i) {
    replicas_.push_back({SlotsOf(running, i, limits), std::make_shared<SharedCircuit>(seed + i)});
  }
}

ReplicaSet::ReplicaSet(const ReplicaSet& previous,
                       const std::vector<std::optional<std::size_t>>& kept, const Change& change)
    : limits_(change.limits),
      outcomes_(change.fresh_circuits ? std::make_shared<RecentOutcomes>() : previous.outcomes_) {
  const bool some_stay =
      std::any_of(kept.begin(), kept.end(), [](const auto& index) { return index.has_value(); });
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const std::optional<std::size_t> before = kept[i];
    Replica& replica = replicas_.emplace_back();
    replica.slots =
        before ? previous.replicas_[*before].slots : SlotsOf(change.running, i, limits_);
    if (before && !change.fresh_circuits) {
      replica.circuit = previous.replicas_[*before].circuit;
      continue;
    }
    replica.circuit = std::make_shared<SharedCircuit>(change.seed + i);
    if (!before && some_stay && change.joined) replica.circuit->StartSlowly(*change.joined);
  }
}

void ReplicaSet::PutLimitsInForce() {
  for (const Replica& replica : replicas_) {
    replica.slots->SetLimits(limits_.slots, limits_.tokens);
  }
}

// --- Lease ---------------------------------------------------------------------------------------

ReplicaSet::Lease::Lease(Lease&& other) noexcept { Take(other); }

ReplicaSet::Lease& ReplicaSet::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  Release();
  Take(other);
  return *this;
}

ReplicaSet::Lease::~Lease() { Release(); }

void ReplicaSet::Lease::Take(Lease& other) {
  set_ = std::exchange(other.set_, nullptr);
  replica_ = other.replica_;
  tokens_ = other.tokens_;
  more_sequences_ = other.more_sequences_;
  model_ = other.model_;
  taken_ = other.taken_;
  replica_pass_ = other.replica_pass_;
  model_pass_ = other.model_pass_;
  replica_reported_ = other.replica_reported_;
  model_reported_ = other.model_reported_;
}

void ReplicaSet::Lease::Release() {
  if (set_ == nullptr) return;
  if (replica_pass_ >= Pass::kProbe && !replica_reported_) circuit().Abandon();
  if (model_pass_ >= Pass::kProbe && !model_reported_) model_->Abandon();
  SlotCount& slots = set_->slots(replica_);
  set_ = nullptr;
  if (more_sequences_ != 0) slots.AddSequences(-more_sequences_);
  if (slots.Return(tokens_)) slots.KickQueue(Clock::now());
}

ReplicaSet::Changes ReplicaSet::Lease::Answering(Clock::time_point now) {
  Changes changes;
  if (replica_pass_ >= Pass::kProbe) {
    changes.replica = circuit().Succeeded(taken_, now);
    replica_pass_ = Pass::kOrdinary;
  }
  if (model_pass_ >= Pass::kProbe) {
    changes.model = model_->Succeeded(taken_, now);
    model_pass_ = Pass::kOrdinary;
  }
  return changes;
}

ReplicaSet::Changes ReplicaSet::Lease::Succeeded(Clock::time_point now) {
  Changes changes = Answered(now);
  model_reported_ = true;
  if (model_ != nullptr) changes.model = model_->Succeeded(taken_, now);
  return changes;
}

ReplicaSet::Changes ReplicaSet::Lease::Answered(Clock::time_point now) {
  replica_reported_ = true;
  set_->outcomes_->Add(/*failed=*/false, now);
  return {.replica = circuit().Succeeded(taken_, now), .model = {}};
}

ReplicaSet::Changes ReplicaSet::Lease::RejectedModel(Clock::time_point now) {
  Changes changes = Answered(now);
  model_reported_ = true;
  if (model_ != nullptr) {
    changes.model =
        model_->Failed(CircuitBreaker::Failure::kTransient, model_pass_ >= Pass::kProbe, now);
  }
  return changes;
}

ReplicaSet::Changes ReplicaSet::Lease::Failed(CircuitBreaker::Failure failure,
                                              Clock::time_point now) {
  replica_reported_ = true;
  set_->outcomes_->Add(/*failed=*/true, now);
  return {.replica = circuit().Failed(failure, replica_pass_ >= Pass::kProbe, now), .model = {}};
}

// --- choice --------------------------------------------------------------------------------------

bool ReplicaSet::Usable(std::size_t index, Clock::time_point now,
                        const ModelCircuits* model) const {
  return replicas_[index].circuit->Usable(now) &&
         (model == nullptr || (*model)[index]->Usable(now));
}

bool ReplicaSet::HasRoom(std::size_t index, const Ask& ask) const {
  const SlotCount& slots = *replicas_[index].slots;
  const bool closed = ask.reserved != nullptr ? ask.reserved->Has(slots) : slots.contended();
  return !closed && slots.HasRoom(ask.tokens);
}

bool ReplicaSet::Eligible(std::size_t index, const Choice& choice) const {
  if (index == choice.avoid || index == choice.lost) return false;
  const bool named = choice.among == kAll || (index < 64 && (choice.among >> index & 1u) != 0);
  return named && Usable(index, choice.ask.now, choice.ask.model) && HasRoom(index, choice.ask);
}

int ReplicaSet::InFlightOf(std::size_t index) const { return replicas_[index].slots->in_flight(); }

int ReplicaSet::LoadOf(std::size_t index) const {
  const SlotCount& slots = *replicas_[index].slots;
  return slots.in_flight() + slots.others();
}

// Returns the `skip`-th eligible replica that is not `other`, or kNone if there are fewer.
std::size_t ReplicaSet::NthEligible(std::size_t skip, const Choice& choice,
                                    std::size_t other) const {
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (i == other || !Eligible(i, choice)) continue;
    if (skip-- == 0) return i;
  }
  return kNone;
}

// Returns nullopt if a circuit is half-open and another request has the probe, or if another
// request has just taken the slot.
std::optional<ReplicaSet::Lease> ReplicaSet::Enter(std::size_t index, const Ask& ask) {
  using Pass = SharedCircuit::Pass;
  Replica& replica = replicas_[index];
  const Pass pass = replica.circuit->Enter(ask.now);
  if (pass == Pass::kRefused) return std::nullopt;
  SharedCircuit* const of_model = ask.model == nullptr ? nullptr : (*ask.model)[index].get();
  const Pass model_pass = of_model == nullptr ? Pass::kOrdinary : of_model->Enter(ask.now);
  if (model_pass != Pass::kRefused && TakeSlot(*replica.slots, ask)) {
    return Lease(this, index, of_model, pass, model_pass, ask);
  }
  if (pass >= Pass::kProbe) replica.circuit->Abandon();
  if (model_pass >= Pass::kProbe) of_model->Abandon();
  return std::nullopt;
}

ReplicaSet::Answer ReplicaSet::Acquire(const Ask& ask) {
  Choice choice{ask, ask.avoid.value_or(kNone), ask.preferred != 0 ? ask.preferred : kAll};
  // A half-open replica lets one probe through, and another request may be faster: choose again.
  for (int round = 0; round < kRounds; ++round) {
    const std::size_t chosen = Choose(choice);
    if (chosen == kHeldBack) {
      return {std::nullopt, SomeFull(ask) ? Refusal::kFull : Refusal::kHeldBack};
    }
    if (chosen != kNone) {
      if (std::optional<Lease> lease = Enter(chosen, ask)) return {std::move(lease)};
      choice.lost = chosen;
    } else if (choice.among != kAll) {
      choice.among = kAll;
    } else if (choice.avoid != kNone && !WaitsForOthers(ask)) {
      choice.avoid = kNone;  // a replica that has just failed is better than no replica
    } else if (choice.lost != kNone) {
      choice.lost = kNone;
    } else {
      break;
    }
  }
  // What has become free since then tells the queue.
  const Refusal refusal = AnyUsable(ask.now, ask.model) ? Refusal::kFull : Refusal::kUnusable;
  if (ask.reserved != nullptr) Reserve(ask);
  if (refusal == Refusal::kUnusable && ask.admission == Admission::kPanic) {
    if (std::optional<Lease> lease = EnterInPanic(ask)) return {std::move(lease)};
    return {std::nullopt, replicas_.empty() ? Refusal::kUnusable : Refusal::kFull};
  }
  return {std::nullopt, refusal};
}

// Returns whether the request rather waits for other replicas than to take `ask.avoid`. They may
// become unusable while it waits, so each try asks anew.
bool ReplicaSet::WaitsForOthers(const Ask& ask) const {
  if (!ask.avoid || ask.now >= ask.avoid_until) return false;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (i != *ask.avoid && Usable(i, ask.now, ask.model)) return true;
  }
  return false;
}

bool ReplicaSet::SomeFull(const Ask& ask) const {
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (Usable(i, ask.now, ask.model) && !HasRoom(i, ask)) return true;
  }
  return false;
}

void ReplicaSet::Reserve(const Ask& ask) const {
  const std::size_t avoid = WaitsForOthers(ask) ? *ask.avoid : kNone;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (i != avoid && Usable(i, ask.now, ask.model)) ask.reserved->Add(*replicas_[i].slots);
  }
}

// Power of two choices (Mitzenmacher 2001): two are drawn, the less loaded wins.
std::size_t ReplicaSet::Choose(const Choice& choice) const {
  if (replicas_.size() == 1) return Eligible(0, choice) ? Alone(0, choice) : kNone;
  std::size_t eligible = 0;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (Eligible(i, choice)) ++eligible;
  }
  if (eligible == 0) return kNone;
  const std::uint64_t random = choice.ask.random;
  const std::size_t first = NthEligible((random & 0xFFFFFFFFu) % eligible, choice, kNone);
  if (first == kNone) return kNone;
  if (eligible == 1) return Alone(first, choice);
  const std::size_t second = NthEligible((random >> 32) % (eligible - 1), choice, first);
  if (second == kNone) return Alone(first, choice);
  return LoadOf(second) < LoadOf(first) ? Better(second, first, choice)
                                        : Better(first, second, choice);
}

// Returns `chosen`, the only eligible replica, or kHeldBack if its slow start leaves the request to
// another target.
std::size_t ReplicaSet::Alone(std::size_t chosen, const Choice& choice) const {
  if (choice.ask.admission != Admission::kSlowStart || choice.ask.reserved != nullptr)
    return chosen;
  return replicas_[chosen].circuit->Admits(choice.ask.now, 1) ? chosen : kHeldBack;
}

// Returns the winner of two, unless its slow start leaves the request to the other.
std::size_t ReplicaSet::Better(std::size_t winner, std::size_t other, const Choice& choice) const {
  constexpr std::uint32_t kDrawnTwice = 2;
  if (choice.ask.reserved != nullptr) return winner;  // it has waited, and this slot is for it
  if (replicas_[winner].circuit->Admits(choice.ask.now, kDrawnTwice)) return winner;
  if (replicas_[other].circuit->Admits(choice.ask.now, kDrawnTwice)) return other;
  return choice.ask.admission == Admission::kSlowStart ? kHeldBack : winner;
}

// Takes the least loaded replica, whether it may be used or not. Returns nullopt if it is full.
std::optional<ReplicaSet::Lease> ReplicaSet::EnterInPanic(const Ask& ask) {
  if (replicas_.empty()) return std::nullopt;
  std::size_t least = 0;
  for (std::size_t i = 1; i < replicas_.size(); ++i) {
    if (LoadOf(i) < LoadOf(least)) least = i;
  }
  if (!HasRoom(least, ask) || !TakeSlot(*replicas_[least].slots, ask)) return std::nullopt;
  using Pass = SharedCircuit::Pass;
  SharedCircuit* const model = ask.model == nullptr ? nullptr : (*ask.model)[least].get();
  return Lease(this, least, model, Pass::kOrdinary, Pass::kOrdinary, ask);
}

// --- state ---------------------------------------------------------------------------------------

ReplicaSet::ReplicaState ReplicaSet::State(std::size_t index, Clock::time_point now) const {
  return {InFlightOf(index), replicas_[index].circuit->State(now)};
}

SlotCounts ReplicaSet::AllSlots() const {
  SlotCounts all;
  for (const Replica& replica : replicas_) all.push_back(replica.slots);
  return all;
}

int ReplicaSet::InFlight() const {
  int sum = 0;
  for (std::size_t i = 0; i < replicas_.size(); ++i) sum += InFlightOf(i);
  return sum;
}

bool ReplicaSet::HasFreeSlot(Clock::time_point now, const ModelCircuits* model,
                             std::int64_t tokens) const {
  const Ask ask{.now = now, .model = model, .tokens = tokens};
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (Usable(i, now, model) && HasRoom(i, ask)) return true;
  }
  return false;
}

bool ReplicaSet::AnyUsable(Clock::time_point now, const ModelCircuits* model) const {
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (Usable(i, now, model)) return true;
  }
  return false;
}

Clock::time_point ReplicaSet::NextTry(Clock::time_point now, const ModelCircuits* model) const {
  Clock::time_point first = Clock::time_point::max();
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    Clock::time_point at = replicas_[i].circuit->NextTry(now);
    if (model != nullptr) at = std::max(at, (*model)[i]->NextTry(now));
    first = std::min(first, at);
  }
  return first;
}

}  // namespace headgate::backends
