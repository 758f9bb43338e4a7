#include "backends/telemetry/poll_schedule.h"

#include <algorithm>

namespace headgate::backends {

// Steps of the golden ratio, as a fraction of 2^32, spread any number of replicas evenly.
std::chrono::nanoseconds PollSchedule::NextOffset() {
  constexpr std::uint32_t kGoldenStep = 0x9E3779B9;
  const std::uint32_t fraction = seen_++ * kGoldenStep;
  const std::chrono::nanoseconds interval = ReplicaLoad::kInterval;
  return std::chrono::nanoseconds(interval.count() * fraction >> 32);
}

std::optional<std::size_t> PollSchedule::Begin(const ReplicaLoad* replica, Clock::time_point now) {
  const auto [place, added] = entries_.try_emplace(replica);
  Entry& entry = place->second;
  entry.asked = now;
  if (added) entry.due = now + NextOffset();
  if (entry.running || now < entry.due) return std::nullopt;
  entry.running = true;
  const auto missed = (now - entry.due) / ReplicaLoad::kInterval;
  entry.due += (missed + 1) * ReplicaLoad::kInterval;
  return entry.question;
}

void PollSchedule::End(const ReplicaLoad* replica, bool answered, std::size_t questions,
                       Clock::time_point now) {
  const auto found = entries_.find(replica);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.running = false;
  if (answered) return;
  entry.question = (entry.question + 1) % questions;
  if (entry.question != 0 || replica->ToldWithin(kTrust, now)) return;
  entry.due = std::max(entry.due, now + kRest);
}

void PollSchedule::EndRound(Clock::time_point begin) {
  std::erase_if(entries_, [begin](const auto& entry) {
    return !entry.second.running && entry.second.asked < begin;
  });
}

}  // namespace headgate::backends
