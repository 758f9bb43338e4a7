#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "config/base/money.h"
#include "routing/replay/recorded.h"
#include "routing/replay/replay_decider.h"
#include "routing/replay/replay_totals.h"

namespace headgate::routing {

// Counts the choices of one side of a replay: requests, costs, rent and times. replay.h says what
// counts how. Thread-compatible.
class ReplayTally {
 public:
  using NameId = ReplayNames::Id;
  // Nullopt: unknown.
  using Cost = std::optional<NanoUsd>;

  // Makes room for this many names. Call it before an id that is new is counted.
  void Resize(std::size_t names);

  // Counts the choice for a request, and returns the cost of its answer.
  Cost Charge(const RecordedRequest& record, const ReplayRecording& recording,
              const ReplayChoice& choice);
  // Counts the request if all slots of the chosen backend were in use.
  void CountCrowded(const ReplayChoice& choice);

  // The totals. `times` are those recorded, by name of the target.
  ReplaySide Finish(const std::vector<ReplayTarget>& times, const ReplayNames& names) const;
  // The expected times by name of the route or class.
  std::vector<ReplayTimes> TimesOfRoutes(const std::vector<ReplayTarget>& times) const;
  std::vector<ReplayTimes> TimesOfClasses(const std::vector<ReplayTarget>& times) const;

 private:
  __extension__ using Wide = __int128;
  struct CalledTarget;
  struct Rerouted {  // answers that another target gave when they were recorded
    std::uint64_t count = 0;
    Wide rent_per_hour = 0;  // of their slots, summed
  };
  struct Answers {
    std::uint64_t all = 0;
    std::uint64_t streamed = 0;
    void Add(bool stream) {
      ++all;
      streamed += stream ? 1 : 0;
    }
  };
  struct Group {  // one route or class, or all
    ReplayTimes stayed;
    // By target, and by the wait before it, rounded, in microseconds.
    absl::flat_hash_map<std::pair<NameId, std::int64_t>, Answers> moved;
  };

  void AddAnswer(const ReplayChoice& choice, NameId target, bool stream, const RecordedCall* call);
  Cost CostOf(const RecordedCall& call, const CalledTarget& called);
  Cost WithoutUsage(const ReplayChoice& choice);
  void CountWait(const ReplayChoice& choice);
  static ReplayTimes TimesOf(const Group& group, const std::vector<ReplayTarget>& times);
  static std::vector<ReplayTimes> TimesOf(const std::vector<Group>& groups,
                                          const std::vector<ReplayTarget>& times);

  ReplaySide totals_;
  Wide rent_ = 0;                 // nano-dollars an hour x microseconds
  std::vector<Answers> answers_;  // by name of the target
  Group all_;
  std::vector<Group> routes_;   // by name
  std::vector<Group> classes_;  // by name
  absl::flat_hash_map<NameId, Rerouted> rerouted_;
  std::vector<std::uint64_t> crowded_;  // by name of the target
};

}  // namespace headgate::routing
