#include "backends/scheduler/preemption.h"

#include <algorithm>
#include <cmath>

namespace headgate::backends {
namespace {

// After so many waiters that will be in time, the later ones are judged at a later kick: a kick
// must not look at a thousand waiters.
constexpr double kMostInTime = 64;

}  // namespace

std::uint64_t Preemption::Add(Preemptible& attempt, const SlotCount& replica) {
  attempts_.emplace(next_number_, Attempt{&attempt, &replica});
  return next_number_++;
}

void Preemption::Remove(std::uint64_t number) {
  if (attempts_.erase(number) == 0) told_.erase(number);
}

bool Preemption::HasForOneMore(int movable) const {
  const std::size_t available =
      std::min(attempts_.size() + told_.size(), static_cast<std::size_t>(std::max(movable, 0)));
  return waiters_.size() < available;
}

// Returns how many waiters need a slot of their own, so that the others are granted in time by
// releases: at most `most`.
std::size_t Preemption::Late(const Situation& situation, const Group& group,
                             std::size_t most) const {
  std::size_t late = 0;
  double in_line = 0;  // waiters so far that can wait for releases, this one included
  for (const Waiter* const waiter : waiters_) {
    if (late == most || in_line >= kMostInTime) break;
    if (!group.has(*waiter)) continue;
    in_line += 1;
    const double grants = in_line + 2 * std::sqrt(in_line);
    const std::chrono::duration<double> wait = situation.grant_interval * grants;
    // In seconds of double precision, because latest_grant may be the end of time.
    const std::chrono::duration<double> left =
        waiter->latest_grant.time_since_epoch() -
        std::chrono::duration<double>(situation.now.time_since_epoch());
    if (wait > left) {
      ++late;
      in_line -= 1;
    }
  }
  return late;
}

std::size_t Preemption::MoveAside(const Situation& situation, const Group& group) {
  if (attempts_.empty() || waiters_.empty()) return 0;
  auto told =
      static_cast<std::size_t>(std::count_if(told_.begin(), told_.end(), [&](const auto& one) {
        return group.replicas.Has(*one.second);
      }));
  // Those that were told elsewhere hold batch above the floor, too.
  const int movable = situation.movable - static_cast<int>(told_.size() - told);
  const auto most = static_cast<std::size_t>(std::max(movable, 0));
  if (most <= told) return 0;
  const std::size_t late = Late(situation, group, most);
  std::size_t moved = 0;
  for (auto attempt = attempts_.end(); attempt != attempts_.begin() && told < late;) {
    --attempt;
    if (!group.replicas.Has(*attempt->second.replica)) continue;
    told_.emplace(attempt->first, attempt->second.replica);
    attempt->second.preemptible->MoveAside();
    attempt = attempts_.erase(attempt);
    ++told;
    ++moved;
  }
  return moved;
}

}  // namespace headgate::backends
