#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "config/base/money.h"
#include "routing/replay/recorded.h"
#include "routing/replay/replay_decider.h"
#include "routing/replay/replay_totals.h"

namespace headgate::routing {

// Nano-dollars an hour x microseconds.
__extension__ using RentProduct = __int128;

// What one of the two policies of a replay pays, and where its answers come from, while records are
// added. Thread-compatible.
struct ReplayCharges {
  using NameId = ReplayNames::Id;
  // The cost of an answer, paid by the token; nullopt: not known.
  using Cost = std::optional<NanoUsd>;

  struct Elsewhere {  // answers that came from another target in truth
    std::uint64_t count = 0;
    NanoUsd rent_per_slot_hour = 0;
  };
  ReplaySide totals;
  RentProduct rent = 0;  // nano-dollars an hour x microseconds
  struct Answers {
    std::uint64_t all = 0;
    std::uint64_t streamed = 0;
    void Add(bool stream) {
      ++all;
      streamed += stream ? 1 : 0;
    }
  };
  // Of one route or class.
  struct Group {
    ReplayTimes stayed;
    absl::flat_hash_map<NameId, Answers> moved;  // by target
  };
  std::vector<Answers> answers;  // by name of the target
  std::vector<Group> routes;     // by name
  std::vector<Group> classes;    // by name
  absl::flat_hash_map<NameId, Elsewhere> elsewhere;
  std::vector<std::uint64_t> crowded;  // by name of the target

  // From now on there are so many names.
  void Resize(std::size_t names);
  // Books what was recorded of a request as this policy's choice. Returns the cost of its answer.
  Cost Charge(const RecordedRequest& record, const ReplayRecording& recording,
              const ReplayChoice& choice);
  // Counts the choice if as many ran at its backend as that has slots.
  void CountCrowded(const RecordedRequest& record, const ReplayRecording& recording,
                    const ReplayChoice& choice);

 private:
  struct Place;
  void AddAnswer(const ReplayChoice& choice, NameId target, bool stream, const RecordedCall* call);
  Cost Price(const RecordedCall& call, const Place& place);
  Cost WithoutUsage(const ReplayChoice& choice);
};

// One request more in `counts`.
inline void Count(bool known, ReplayKnown& counts) { ++(known ? counts.known : counts.unknown); }

}  // namespace headgate::routing
