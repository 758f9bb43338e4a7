#include "backends/scheduler/preemption.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/types/span.h"

namespace headgate::backends {
namespace {

// After so many waiters that will be in time, or that are late, the others are judged at a later
// kick: a kick must not look at a thousand waiters.
constexpr double kMostInTime = 64;
constexpr int kMostLate = 16;

// Whether a waiter is late if so many waiters are in line for releases, itself included. They are
// expected within n + 2 sqrt(n) grants: the mean and two standard deviations of that many Poisson
// releases.
bool IsLate(const Waiter& waiter, double in_line, TimePoint now, Duration grant_interval) {
  const double grants = in_line + 2 * std::sqrt(in_line);
  const std::chrono::duration<double> wait = grant_interval * grants;
  // In seconds of double precision, because latest_grant may be the end of time.
  const std::chrono::duration<double> left = waiter.latest_grant.time_since_epoch() -
                                             std::chrono::duration<double>(now.time_since_epoch());
  return wait > left;
}

SlotRoom* RoomAt(absl::Span<SlotRoom> rooms, const SlotCount& replica) {
  const auto room = std::find_if(rooms.begin(), rooms.end(),
                                 [&](const SlotRoom& one) { return &one.replica() == &replica; });
  return room == rooms.end() ? nullptr : &*room;
}

}  // namespace

SlotRoom::SlotRoom(const SlotCount& replica) : replica_(&replica) {
  const int slots = replica.SlotsLeft();
  slots_ = (slots == 0 ? SlotCount::kMostInFlight : slots) - replica.in_flight();
  all_tokens_ = replica.TokensLeft();
  tokens_ = all_tokens_ - replica.tokens();
}

bool SlotRoom::Fits(std::int64_t tokens) const {
  return slots_ >= 1 && (all_tokens_ == 0 || tokens_ >= std::min(tokens, all_tokens_));
}

void SlotRoom::Take(std::int64_t tokens) {
  --slots_;
  tokens_ -= tokens;
}

void SlotRoom::Free(std::int64_t tokens) {
  ++slots_;
  tokens_ += tokens;
}

std::uint64_t Preemption::Add(Preemptible& attempt, const SlotCount& replica, std::int64_t tokens) {
  attempts_[&replica].emplace(next_number_, Attempt{&attempt, &replica, tokens});
  places_.emplace(next_number_, &replica);
  return next_number_++;
}

void Preemption::Remove(std::uint64_t number) {
  if (told_.erase(number) > 0) return;
  const auto place = places_.find(number);
  if (place == places_.end()) return;
  const auto attempts = attempts_.find(place->second);
  attempts->second.erase(number);
  if (attempts->second.empty()) attempts_.erase(attempts);
  places_.erase(place);
}

bool Preemption::HasForOneMore(int movable) const {
  const std::size_t available =
      std::min(places_.size() + told_.size(), static_cast<std::size_t>(std::max(movable, 0)));
  return waiters_.size() < available;
}

bool Preemption::MakesRoom(std::int64_t tokens, const SlotCounts& replicas, int movable) const {
  const int more = movable - static_cast<int>(told_.size());
  Rooms rooms;
  for (const auto& replica : replicas) rooms.emplace_back(*replica);
  AddTold(rooms);
  return std::any_of(rooms.begin(), rooms.end(), [&](const SlotRoom& room) {
    if (room.Fits(tokens)) return true;
    const Chosen chosen = ChooseAt(room.replica(), room, tokens);
    return !chosen.empty() && static_cast<int>(chosen.size()) <= more;
  });
}

// Adds the room of attempts that were told.
void Preemption::AddTold(Rooms& rooms) const {
  for (const auto& [number, attempt] : told_) {
    if (SlotRoom* const room = RoomAt(absl::MakeSpan(rooms), *attempt.replica)) {
      room->Free(attempt.tokens);
    }
  }
}

Preemption::Rooms Preemption::RoomsOf(const BlockedLanes& lanes) const {
  SlotSet replicas;
  for (const BlockedLane& lane : lanes) replicas.AddAll(lane.replicas);
  Rooms rooms;
  for (const auto& replica : replicas) rooms.emplace_back(*replica);
  AddTold(rooms);
  return rooms;
}

// Takes the room for a waiter at one of the replicas. Returns false if none has it.
bool Preemption::TakeRoom(Rooms& rooms, const SlotSet& replicas, std::int64_t tokens) {
  const auto room = std::find_if(rooms.begin(), rooms.end(), [&](const SlotRoom& one) {
    return replicas.Has(one.replica()) && one.Fits(tokens);
  });
  if (room == rooms.end()) return false;
  room->Take(tokens);
  return true;
}

// Returns the youngest attempts at the replica that make the room together; of these, only those
// that are needed. None if all of them do not.
Preemption::Chosen Preemption::ChooseAt(const SlotCount& replica, SlotRoom room,
                                        std::int64_t tokens) const {
  const auto attempts = attempts_.find(&replica);
  if (attempts == attempts_.end()) return {};
  absl::InlinedVector<const Attempts::value_type*, 16> enough;
  for (auto attempt = attempts->second.rbegin();
       attempt != attempts->second.rend() && !room.Fits(tokens); ++attempt) {
    room.Free(attempt->second.tokens);
    enough.push_back(&*attempt);
  }
  if (!room.Fits(tokens)) return {};
  Chosen needed;
  for (const auto* const attempt : enough) {
    SlotRoom without = room;
    without.Take(attempt->second.tokens);
    if (without.Fits(tokens)) {
      room = without;
    } else {
      needed.push_back(attempt->first);
    }
  }
  return needed;
}

// Returns the attempts that make room for a waiter at one of the replicas: where the oldest of them
// is the youngest. None if no replica's attempts can.
Preemption::Chosen Preemption::Choose(const Rooms& rooms, const SlotSet& replicas,
                                      std::int64_t tokens) const {
  Chosen best;
  for (const SlotRoom& room : rooms) {
    if (!replicas.Has(room.replica())) continue;
    Chosen chosen = ChooseAt(room.replica(), room, tokens);
    if (chosen.empty()) continue;
    if (best.empty() || chosen.back() > best.back()) best = std::move(chosen);
  }
  return best;
}

void Preemption::Tell(const Chosen& chosen, Rooms& rooms) {
  for (const std::uint64_t number : chosen) {
    const auto place = places_.find(number);
    Attempts& attempts = attempts_.at(place->second);
    const auto attempt = attempts.find(number);
    RoomAt(absl::MakeSpan(rooms), *place->second)->Free(attempt->second.tokens);
    told_.emplace(number, attempt->second);
    attempt->second.preemptible->MoveAside();
    attempts.erase(attempt);
    if (attempts.empty()) attempts_.erase(place->second);
    places_.erase(place);
  }
}

std::size_t Preemption::MoveAside(const Situation& situation, const BlockedLanes& lanes) {
  const int movable = situation.movable - static_cast<int>(told_.size());
  if (places_.empty() || waiters_.empty() || movable <= 0) return 0;
  Rooms rooms = RoomsOf(lanes);
  const auto most = static_cast<std::size_t>(movable);
  std::size_t moved = 0;
  int late = 0;
  double in_line = 0;  // waiters so far that can wait for releases
  for (const Waiter* const waiter : waiters_) {
    if (late == kMostLate || in_line >= kMostInTime || moved == most) break;
    const auto lane = std::find_if(lanes.begin(), lanes.end(), [&](const BlockedLane& one) {
      return one.lane == waiter->lane;
    });
    if (lane == lanes.end()) continue;
    if (!IsLate(*waiter, in_line + 1, situation.now, situation.grant_interval)) {
      ++in_line;
      continue;
    }
    ++late;
    if (TakeRoom(rooms, lane->replicas, waiter->tokens)) continue;
    const Chosen chosen = Choose(rooms, lane->replicas, waiter->tokens);
    if (chosen.empty() || moved + chosen.size() > most) continue;
    Tell(chosen, rooms);
    moved += chosen.size();
    TakeRoom(rooms, lane->replicas, waiter->tokens);
  }
  return moved;
}

}  // namespace headgate::backends
