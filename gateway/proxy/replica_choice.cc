#include "gateway/proxy/replica_choice.h"

#include <algorithm>
#include <chrono>

#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {
namespace {

using backends::ReplicaSet;

// Returns which replicas of the wished target may be asked.
ReplicaSet::Admission AdmissionOf(const RequestAccount& account, const RequestPlan& plan,
                                  const ReplicaWish& wish, TimePoint now) {
  const Fleet& fleet = *account.snapshot->fleet;
  if (wish.insist) return ReplicaSet::Admission::kUsable;
  for (std::size_t i = wish.plan_index + 1; i < plan.size(); ++i) {
    if (fleet.Usable(plan[i].target, now)) return ReplicaSet::Admission::kSlowStart;
  }
  return account.attempts.empty() ? ReplicaSet::Admission::kPanic : ReplicaSet::Admission::kUsable;
}

}  // namespace

std::optional<ReplicaSet::Lease> TakeReplica(const RequestAccount& account, const RequestPlan& plan,
                                             const ReplicaWish& wish, std::uint64_t random,
                                             AttemptFailure& failure) {
  const Fleet& fleet = *account.snapshot->fleet;
  // Since the body was read only the decision has been made.
  const TimePoint now = account.attempts.empty() ? account.body_read : SteadyClock::now();
  const std::size_t target = plan[wish.plan_index].target;
  std::optional<ReplicaSet::Lease> lease =
      fleet.Acquire(target, random, now, wish.avoid, AdmissionOf(account, plan, wish, now));
  if (lease) return lease;
  failure.passed_over = true;
  failure.held_back = fleet.Usable(target, now);
  return std::nullopt;
}

bool IsUsable(const RequestAccount& account, std::size_t target, TimePoint now) {
  return account.snapshot->fleet->Usable(target, now);
}

void NoteFailing(const RequestAccount& account, const RequestPlan& plan, TimePoint now,
                 AttemptMachine& machine) {
  const Snapshot& snapshot = *account.snapshot;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const std::size_t backend = snapshot.policy->targets()[plan[i].target].backend;
    machine.NoteFailing(i, snapshot.fleet->backend(backend).replicas->MostlyFailures(now));
  }
}

void PutLeastBadFirst(const RequestAccount& account, TimePoint now, RequestPlan& plan) {
  const Fleet& fleet = *account.snapshot->fleet;
  if (plan.size() < 2 || plan.front().available) return;  // those that are down come last
  const auto least = std::min_element(plan.begin(), plan.end(), [&](const auto& a, const auto& b) {
    return fleet.NextTry(a.target, now) < fleet.NextTry(b.target, now);
  });
  std::rotate(plan.begin(), least, least + 1);
}

int SecondsToNextTry(const RequestAccount& account, const RequestPlan& plan, TimePoint now) {
  TimePoint first = TimePoint::max();
  for (const routing::PlannedTarget& planned : plan) {
    first = std::min(first, account.snapshot->fleet->NextTry(planned.target, now));
  }
  // A backend without replicas says the end of time.
  constexpr std::chrono::seconds kMost = backends::CircuitBreaker::kLongestEjection;
  if (first > now + kMost) first = now + kMost;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(first - now).count();
  return std::max(1, static_cast<int>(seconds));
}

}  // namespace headgate::gateway
