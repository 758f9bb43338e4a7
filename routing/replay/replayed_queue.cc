#include "routing/replay/replayed_queue.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "routing/decide/estimates.h"
#include "routing/decide/spill.h"

namespace headgate::routing {
namespace {

constexpr std::int64_t kMicrosOfASecond = 1'000'000;
constexpr double kMicrosAMillisecond = 1'000;

}  // namespace

ReplayedWait WaitPredicted(const CompiledPolicy& policy, const DecisionInput& input,
                           const Decision& decision) {
  const config::Spill& spill = policy.routes()[decision.route].spill;
  const auto limit = static_cast<float>(spill.limit.count());
  const auto predicted_ms = [&](std::size_t place) {
    const std::size_t target = decision.plan[place].target;
    return QueueOf(policy.targets()[target]) ? input.candidates[target].predicted_wait_ms : 0.0f;
  };
  ReplayedWait wait;
  while (true) {
    const std::chrono::microseconds waited(wait.us);
    const bool too_late = ComesTooLateAt(policy, input, decision, wait.place, waited);
    if (!too_late && predicted_ms(wait.place) <= limit) break;
    const std::optional<std::size_t> next =
        too_late ? FirstInTime(policy, input, decision, wait.place + 1, waited)
                 : NextAfterWait(policy, input, decision, wait.place);
    if (!next) break;
    wait.place = *next;
    if (!too_late) wait.us += std::chrono::microseconds(spill.limit).count();
  }
  wait.us += std::llround(static_cast<double>(predicted_ms(wait.place)) * 1000);
  return wait;
}

bool HasSameSpill(const RecordedRequest& record, const config::Spill& spill) {
  const std::optional<std::vector<config::Spill>>& spills = record.policy->spills;
  if (!spills || record.route >= spills->size()) return false;
  const config::Spill& recorded = (*spills)[record.route];
  const bool never = spill.when == config::Spill::When::kNever;
  return recorded.when == spill.when && (never || recorded.limit == spill.limit);
}

SlotChange ReplayedPool::Change(const Arrival& arrival, Candidate& candidate) {
  if (candidate.slots == 0) return SlotChange::kNone;
  const std::int64_t recorded = std::max<std::int64_t>(RecordedSlots(arrival), candidate.slots);
  recorded_slots_ = std::max(recorded_slots_, recorded);
  const std::int64_t added = slots_ - recorded;
  if (added < 0) return Remove(-added, arrival.slot_time_ms, candidate);
  if (HasFreeSlot(candidate)) return SlotChange::kNone;
  if (static_cast<std::int64_t>(free_at_us_.size()) < added) {
    free_at_us_.resize(static_cast<std::size_t>(added));
  }
  const auto end = free_at_us_.begin() + added;
  const auto found = std::find_if(free_at_us_.begin(), end, [&](std::int64_t free_at_us) {
    return free_at_us < arrival.us + kMicrosOfASecond;
  });
  if (found == end) return SlotChange::kNone;
  free_ = static_cast<std::size_t>(found - free_at_us_.begin());
  candidate.slots = candidate.in_flight + 1;
  candidate.predicted_wait_ms = 0;
  return SlotChange::kFreed;
}

void ReplayedPool::Take(std::int64_t arrival_us, std::int64_t hold_us) {
  free_at_us_[free_] = std::max(free_at_us_[free_], arrival_us) + hold_us;
}

// The requests in flight that have no slot now end first, one slot time of each slot after another.
// Then those end that were waited for when it was recorded, at the slower pace of fewer slots.
SlotChange ReplayedPool::Remove(std::int64_t removed, double slot_time_ms, Candidate& candidate) {
  const auto recorded = static_cast<double>(candidate.slots);
  candidate.slots = static_cast<int>(std::max<std::int64_t>(candidate.slots - removed, 1));
  const auto slots = static_cast<double>(candidate.slots);
  const auto wait = static_cast<double>(candidate.predicted_wait_ms);
  const int own = wait > 0 ? 0 : 1;
  const int before = std::max(candidate.in_flight - candidate.slots + own, 0);
  if (before == 0 && wait <= 0) return SlotChange::kNone;
  candidate.predicted_wait_ms = static_cast<float>(
      wait * recorded / slots + slot_time_ms * static_cast<double>(before) / slots);
  return SlotChange::kFewer;
}

std::int64_t ReplayedPool::RecordedSlots(const Arrival& arrival) {
  if (arrival.policy == known_) return known_slots_;
  known_ = arrival.policy;
  known_slots_ = 0;
  if (!known_->rents) return 0;
  for (const BackendRent& rent : *known_->rents) {
    if (rent.backend == backend_) known_slots_ = rent.replicas * rent.slots;
  }
  return known_slots_;
}

void ReplayedPools::Use(const CompiledPolicy& policy, const std::string& backend) {
  for (const BackendRent& rent : policy.rents()) {
    if (rent.backend != backend) continue;
    for (const Target& target : policy.targets()) {
      if (!target.name.ends_with("@" + backend)) continue;
      pools_.try_emplace(target.backend, backend, rent.replicas * rent.slots);
    }
  }
}

const ReplayedPool* ReplayedPools::Find(const std::string& backend) const {
  const auto found = std::find_if(pools_.begin(), pools_.end(), [&](const auto& pool) {
    return pool.second.backend() == backend;
  });
  return found == pools_.end() ? nullptr : &found->second;
}

void ReplayedPools::Change(const CompiledPolicy& policy, const RecordedRequest& record,
                           DecisionInput& input) {
  if (pools_.empty()) return;
  changes_.assign(policy.targets().size(), SlotChange::kNone);
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    const Target& target = policy.targets()[i];
    const auto pool = pools_.find(target.backend);
    if (pool == pools_.end()) continue;
    const ReplayedPool::Arrival arrival{
        .policy = record.policy,
        .us = input.unix_seconds * kMicrosOfASecond,
        .slot_time_ms = SlotTimeAt(target, input.candidates[i], SizeOf(input))};
    changes_[i] = pool->second.Change(arrival, input.candidates[i]);
  }
}

void ReplayedPools::Take(const CompiledPolicy& policy, const DecisionInput& input,
                         std::size_t target, std::optional<std::int64_t> only_us) {
  if (At(target) != SlotChange::kFreed) return;
  const Target& chosen = policy.targets()[target];
  const double slot_time_ms = SlotTimeAt(chosen, input.candidates[target], SizeOf(input));
  const std::int64_t hold_us = only_us.value_or(std::llround(slot_time_ms * kMicrosAMillisecond));
  pools_.at(chosen.backend).Take(input.unix_seconds * kMicrosOfASecond, hold_us);
}

}  // namespace headgate::routing
