#include "backends/scheduler/preemption.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace headgate::backends {
namespace {

// After so many waiters that will be in time, the later ones are judged at a later kick: a kick
// must not look at a thousand waiters.
constexpr double kMostInTime = 64;

}  // namespace

std::uint64_t Preemption::Add(Preemptible& attempt) {
  attempts_.emplace(next_number_, &attempt);
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
std::size_t Preemption::Late(const Situation& situation, std::size_t most) const {
  std::size_t late = 0;
  double in_line = 0;  // waiters so far that can wait for releases, this one included
  for (const Waiter* const waiter : waiters_) {
    if (late == most || in_line >= kMostInTime) break;
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

std::size_t Preemption::MoveAside(const Situation& situation) {
  const auto movable = static_cast<std::size_t>(std::max(situation.movable, 0));
  const std::size_t most = std::min(movable, told_.size() + attempts_.size());
  if (most <= told_.size() || waiters_.empty()) return 0;
  const std::size_t late = Late(situation, most);
  std::size_t moved = 0;
  for (; told_.size() < late; ++moved) {
    const auto youngest = std::prev(attempts_.end());
    told_.insert(youngest->first);
    youngest->second->MoveAside();
    attempts_.erase(youngest);
  }
  return moved;
}

}  // namespace headgate::backends
