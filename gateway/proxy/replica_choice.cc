#include "gateway/proxy/replica_choice.h"

#include <algorithm>
#include <chrono>

#include "backends/upstream/circuit_breaker.h"
#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {

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
