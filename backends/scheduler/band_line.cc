#include "backends/scheduler/band_line.h"

#include <algorithm>
#include <cmath>

#include "config/base/check.h"

namespace headgate::backends {
namespace {

double SecondsOf(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// Returns the first waiter whose lane is not among `blocked`, or nullptr.
template <typename Waiters>
Waiter* FirstOf(const Waiters& waiters, std::span<const void* const> blocked) {
  for (Waiter* const waiter : waiters) {
    if (std::find(blocked.begin(), blocked.end(), waiter->lane) == blocked.end()) return waiter;
  }
  return nullptr;
}

}  // namespace

void BandLine::Add(Waiter& waiter, std::string_view team, int share) {
  TeamLine& line = TeamOf(team, share);
  waiter.team = &line;
  // A team that was idle gets no credit for it.
  if (line.places == 0) line.start = std::max(line.start, virtual_time_);
  ++line.places;
  if (waiter.front) {
    front_.insert(&waiter);
    return;
  }
  arrivals_.insert(&waiter);
  if (line.waiters.empty()) order_.insert(&line);
  line.waiters.insert(&waiter);
}

void BandLine::Remove(Waiter& waiter) {
  TeamLine& line = *waiter.team;
  --line.places;
  if (waiter.front) {
    front_.erase(&waiter);
  } else {
    arrivals_.erase(&waiter);
    line.waiters.erase(&waiter);
    if (line.waiters.empty()) order_.erase(&line);
  }
  if (size() > 0) return;
  if (running_ > 0) {
    ForgetSettledTeams();
  } else {
    EndBusyPeriod();
  }
}

Waiter* BandLine::Head(std::span<const void* const> blocked) const {
  if (Waiter* const waiter = FirstOf(front_, blocked)) return waiter;
  for (const TeamLine* const team : order_) {
    if (Waiter* const waiter = FirstOf(team->waiters, blocked)) return waiter;
  }
  return nullptr;
}

BandLine::Waiters BandLine::Behind(const Waiter& waiter, std::size_t most) const {
  Waiters behind;
  bool reached = false;
  const auto look = [&](const auto& waiters) {
    for (Waiter* const other : waiters) {
      if (behind.size() == most) return;
      if (reached && other->lane == waiter.lane) behind.push_back(other);
      reached = reached || other == &waiter;
    }
  };
  look(front_);
  for (const TeamLine* const team : order_) look(team->waiters);
  return behind;
}

Waiter* BandLine::YoungestOfTheHeaviest(Duration expected) const {
  const TeamLine* heaviest = nullptr;
  double latest = 0;
  for (const TeamLine* const team : order_) {
    const auto waiting = static_cast<double>(team->waiters.size());
    const double end = team->start + waiting * SecondsOf(expected) / team->share;
    if (heaviest != nullptr && end <= latest) continue;
    heaviest = team;
    latest = end;
  }
  if (heaviest == nullptr) return nullptr;
  return *std::max_element(heaviest->waiters.begin(), heaviest->waiters.end(), EarlierSequence());
}

// A team may start before the virtual time, if releases were shorter than charged: it has waited
// meanwhile, so the difference is its own.
void BandLine::Charge(const Waiter& waiter, Duration expected) {
  TeamLine& team = *waiter.team;
  ++running_;
  virtual_time_ = std::max(virtual_time_, team.start);
  MoveStart(team, team.start + SecondsOf(expected) / team.share);
}

void BandLine::Ended(std::string_view team, Duration difference) {
  HEADGATE_CHECK(running_ > 0);
  --running_;
  const auto found = teams_.find(team);
  if (found != teams_.end()) {
    TeamLine& line = *found->second;
    MoveStart(line, line.start + SecondsOf(difference) / line.share);
  }
  if (running_ == 0 && size() == 0) EndBusyPeriod();
}

// Counts, of each team, the waiters whose start tags are not after the newcomer's.
std::size_t BandLine::Ahead(std::string_view team, int share, Duration expected) const {
  const double cost = std::max(SecondsOf(expected), 1e-9);
  double newcomer = virtual_time_;
  const auto found = teams_.find(team);
  if (found != teams_.end()) {
    const TeamLine& line = *found->second;
    newcomer = (line.places == 0 ? std::max(newcomer, line.start) : line.start) +
               static_cast<double>(line.waiters.size()) * cost / std::max(share, 1);
  }
  std::size_t ahead = front_.size();
  for (const TeamLine* const line : order_) {
    const auto waiting = static_cast<double>(line->waiters.size());
    if (found != teams_.end() && line == found->second.get()) {
      ahead += line->waiters.size();
    } else if (line->start <= newcomer) {
      const double granted = std::floor((newcomer - line->start) * line->share / cost) + 1;
      ahead += static_cast<std::size_t>(std::min(granted, waiting));
    }
  }
  return ahead;
}

TeamLine& BandLine::TeamOf(std::string_view team, int share) {
  auto found = teams_.find(team);
  if (found == teams_.end()) {
    found = teams_.emplace(std::string(team), std::make_unique<TeamLine>()).first;
    found->second->number = next_number_++;
    found->second->start = virtual_time_;
  }
  TeamLine& line = *found->second;
  line.share = std::max(share, 1);
  return line;
}

void BandLine::MoveStart(TeamLine& team, double start) {
  const bool waits = !team.waiters.empty();
  if (waits) order_.erase(&team);
  team.start = start;
  if (waits) order_.insert(&team);
}

// Teams whose tag is not ahead of the virtual time have nothing to remember.
void BandLine::ForgetSettledTeams() {
  std::erase_if(teams_, [this](const auto& entry) {
    const TeamLine& team = *entry.second;
    return team.places == 0 && team.start <= virtual_time_;
  });
}

void BandLine::EndBusyPeriod() {
  for (const auto& entry : teams_) virtual_time_ = std::max(virtual_time_, entry.second->start);
  teams_.clear();
}

}  // namespace headgate::backends
