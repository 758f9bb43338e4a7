#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "config/base/money.h"
#include "routing/policy/policy.h"
#include "routing/replay/recorded.h"
#include "routing/replay/replay_decider.h"
#include "routing/replay/replay_tally.h"
#include "routing/replay/replay_totals.h"

namespace headgate::routing {

// Decides recorded requests again. Pure: no I/O, no clock. Thread-compatible.
//
// "Before" is what was recorded, or what `against` decides. "After" is what `policy` decides. Both
// sides use the recorded load and the recorded request. Conversations are the exception: a policy
// continues a conversation where it put it itself (ReplayedConversations), so records must be added
// in their order.
//
// The first choice of a side is the target that the request is sent to first. A request may have
// left a queue before: as recorded, if target, slots and the route's `spill` are the recorded ones;
// else if the recorded wait is longer than `spill: {after: …}` allows (replayed_queue.h).
//
// Both sides recompute costs from recorded usage and prices (policy/money/cost.h, exact):
//  * If the side's first choice is the recorded one, an answer is priced at the target that gave
//  it.
//    Else it is priced at the side's first choice, with the same usage and service tier.
//  * Failed attempts are carried over: both sides pay for them at the target that failed.
//  * Self-hosted targets cost nothing by the token. Their amortised rent is a sum of its own: the
//    rent of one slot for the duration of the attempt. A target that did not give the answer counts
//    with the median duration of the answers recorded there. ReplayBill has the whole rent.
//  * An amount that the record does not have is counted as unknown, not as 0.
//
// Times include the waits in queues: as recorded for a request that stays in the queue where it
// waited, and as predicted at its moment for a request that waits elsewhere.
class Replay {
 public:
  static constexpr std::size_t kMostExpensiveMoves = 10;

  // `against` may be null. Both outlive this.
  Replay(const CompiledPolicy& policy, const CompiledPolicy* against);
  ~Replay();

  // Decides with the number of slots that `policy` has for this backend, instead of the recorded
  // number (ReplayedPool). With the recorded number nothing changes.
  void UseConfiguredSlots(const std::string& backend) { after_policy_.UseConfiguredSlots(backend); }

  // REQUIRES: `record.policy` outlives this.
  void Add(const RecordedRequest& record);

  // The totals of all added records. Call once.
  ReplayTotals Finish();

 private:
  using NameId = ReplayNames::Id;
  struct Recording;
  using Cost = ReplayTally::Cost;

  Recording& RecordingOf(const RecordedPolicy& policy);
  void LeaveOut(const RecordedRequest& record, const ReplayRecording& recording, Undecided why,
                const ReplayDecider& decider);
  void NoteRents(const RecordedPolicy& policy);
  void NameCauses();
  void NoteSlots();
  void NotePools();
  void Book(const RecordedRequest& record, const ReplayRecording& recording);
  void Compare(const RecordedRequest& record, const ReplayChoice& before, Cost cost_before,
               const ReplayChoice& after, Cost cost_after);
  void KeepIfExpensive(const RecordedRequest& record, const ReplayChoice& before,
                       NanoUsd cost_before, const ReplayChoice& after, NanoUsd cost_after);
  static void AddRows(std::vector<ReplayRow>& rows, NameId before, Cost cost_before, NameId after,
                      Cost cost_after);
  std::map<std::string, ReplayRow> NameRows(const std::vector<ReplayRow>& rows) const;
  std::map<std::string, ReplayLatency> NameTimes(bool of_routes) const;

  ReplayNames names_;
  const std::string topic_model_;  // of the policy after: its checksum
  ReplayDecider after_policy_;
  std::optional<ReplayDecider> before_policy_;  // none: as recorded
  absl::flat_hash_map<const RecordedPolicy*, std::unique_ptr<Recording>> recordings_;
  ReplayTally before_;
  ReplayTally after_;
  std::vector<ReplayTarget> times_;    // by name
  std::vector<std::uint64_t> waited_;  // by name of the target in whose queue a request was first
  absl::flat_hash_map<std::pair<NameId, NameId>, std::uint64_t> moves_;
  using Cause = std::pair<const ReplayDecider*, UndecidedCause>;
  absl::flat_hash_map<Cause, std::uint64_t> causes_;
  const RecordedPolicy* latest_ = nullptr;  // of the last record
  std::vector<ReplayRow> classes_;          // the next five by name
  std::vector<ReplayRow> routes_;
  std::vector<ReplayRow> teams_;
  std::vector<ReplayRow> targets_;
  std::vector<ReplayRow> spills_;  // by the target that was left
  ReplayTotals totals_;
};

}  // namespace headgate::routing
