#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/container/btree_set.h"
#include "absl/container/inlined_vector.h"
#include "backends/scheduler/slot_demand.h"

namespace headgate::backends {

struct TeamLine;

// A request in the line.
struct Waiter {
  SlotTaker* taker = nullptr;
  Band band = Band::kNormal;
  TeamLine* team = nullptr;
  const void* lane = nullptr;  // SlotDemand::lane
  TimePoint deadline;
  TimePoint latest_grant;      // for its deadline: deadline - lead
  std::int64_t tokens = 0;     // SlotDemand::tokens
  std::uint64_t sequence = 0;  // grows with each waiter
  bool front = false;
  int passed = 0;  // how many smaller requests went first because this one did not fit
};

struct EarlierSequence {
  bool operator()(const Waiter* a, const Waiter* b) const { return a->sequence < b->sequence; }
};
struct EarlierDeadline {
  bool operator()(const Waiter* a, const Waiter* b) const {
    return a->deadline != b->deadline ? a->deadline < b->deadline : a->sequence < b->sequence;
  }
};

// The waiters of one team in one band, and the team's account.
struct TeamLine {
  std::uint64_t number = 0;  // breaks ties, in the order in which teams came
  int share = 1;
  // The virtual time at which the team's next request starts: seconds of service divided by share.
  double start = 0;
  absl::btree_set<Waiter*, EarlierDeadline> waiters;  // without those at the front
  std::size_t places = 0;                             // all waiters, also those at the front
};

// The waiters of one band. Requests that were moved aside go first, in the order of their return.
// Then the team that has received the least service for its share, and inside the team the earliest
// deadline. Thread-compatible; all operations are O(log n).
//
// Between teams this is start-time fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queueing",
// SIGCOMM 1996): a team's next request has a start tag; the smallest tag goes first; the virtual
// time of the band is the tag of the last request granted; a grant moves the team's tag on by the
// expected service time divided by the share, and a release corrects it to the real one. A team
// that returns starts at the virtual time at the earliest, so idleness earns no credit. Its tag is
// kept for as long as it is ahead of the virtual time, so a team cannot lose its debt by waiting
// with one request at a time. A busy period ends when nobody waits and no granted request runs. The
// virtual time is then set to the largest tag: nobody owes anything to teams that want nothing.
// Deficit round robin was turned down: it needs the cost of a request in advance.
class BandLine {
 public:
  // Adds a waiter that has all but its team. The waiter must outlive its place in the line.
  void Add(Waiter& waiter, std::string_view team, int share);
  void Remove(Waiter& waiter);

  // Returns the next waiter whose lane is not among `blocked`, or nullptr. Without blocked lanes it
  // is O(log n), else it looks at the waiters one after the other.
  Waiter* Head(std::span<const void* const> blocked = {}) const;
  // Returns the next waiters behind `waiter`, of its lane, in order: at most `most` of them.
  using Waiters = absl::InlinedVector<Waiter*, 16>;
  Waiters Behind(const Waiter& waiter, std::size_t most) const;
  // Returns the youngest waiter of the team that asks for most beyond its share, if every request
  // takes `expected`: the team whose last waiter would be granted last. Nullptr if nobody waits but
  // those that were moved aside.
  Waiter* YoungestOfTheHeaviest(Duration expected) const;
  // Returns the last arrival of those that were not moved aside, or nullptr.
  Waiter* Youngest() const { return arrivals_.empty() ? nullptr : *arrivals_.rbegin(); }

  // A waiter is granted a slot that it is expected to hold for so long. Call it before Remove.
  void Charge(const Waiter& waiter, Duration expected);
  // A slot that was charged is released. It was held longer (or shorter, if negative) by
  // `difference` than was charged, which counts if the team is still known. REQUIRES: one Charge
  // for each call.
  void Ended(std::string_view team, Duration difference);

  // Returns how many of the waiters go before a request that would come now from the team, if every
  // request takes `expected`.
  std::size_t Ahead(std::string_view team, int share, Duration expected) const;

  std::size_t size() const { return front_.size() + arrivals_.size(); }
  std::size_t arrivals() const { return arrivals_.size(); }  // without those at the front

 private:
  struct EarlierStart {
    bool operator()(const TeamLine* a, const TeamLine* b) const {
      return a->start != b->start ? a->start < b->start : a->number < b->number;
    }
  };
  TeamLine& TeamOf(std::string_view team, int share);
  void MoveStart(TeamLine& team, double start);
  void ForgetSettledTeams();
  void EndBusyPeriod();

  double virtual_time_ = 0;
  std::size_t running_ = 0;  // charged and not ended
  std::uint64_t next_number_ = 0;
  std::map<std::string, std::unique_ptr<TeamLine>, std::less<>> teams_;
  absl::btree_set<TeamLine*, EarlierStart> order_;  // teams with waiters in their line
  absl::btree_set<Waiter*, EarlierSequence> front_;
  absl::btree_set<Waiter*, EarlierSequence> arrivals_;  // all but front_
};

}  // namespace headgate::backends
