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
#include "routing/replay/duration_histogram.h"
#include "routing/replay/recorded.h"
#include "routing/replay/replay_bill.h"
#include "routing/replay/replay_decider.h"

namespace headgate::routing {

// How many requests a sum covers, and how many it leaves out because their amount is unknown.
struct ReplayKnown {
  std::uint64_t known = 0;
  std::uint64_t unknown = 0;
  // Nothing is known of it: there is no number for it.
  bool Nothing() const { return known == 0 && unknown > 0; }
};

// Requests and what they are paid for, before and after; money is paid by the token.
struct ReplayRow {
  std::uint64_t requests_before = 0;
  std::uint64_t requests_after = 0;
  NanoUsd cost_before = 0;
  NanoUsd cost_after = 0;
  ReplayKnown of_before;
  ReplayKnown of_after;
};

// Expected times of answers, and how many they leave out because nothing of their target was
// recorded.
struct ReplayTimes {
  DurationHistogram ttft;  // of streams
  ReplayKnown of_ttft;
  DurationHistogram duration;
  ReplayKnown of_duration;
};

// Of one route or class: an answer that stays where it was given has its own times, one that moves
// those recorded of its new target.
struct ReplayLatency {
  ReplayTimes before;
  ReplayTimes after;
};

// One of the two policies over all decided requests. What is not known is in no sum. Its times are
// each target's recorded ones, mixed by the share of the answers that it gets.
struct ReplaySide : ReplayTimes {
  std::uint64_t planned = 0;
  std::array<std::uint64_t, 5> refused{};  // by Outcome; none of kPlanned
  std::uint64_t unpriced = 0;       // answered by a target without a price: the cost is not known
  std::uint64_t without_usage = 0;  // planned where no call was recorded: refused then, or failed
  NanoUsd cost = 0;                 // of answers, paid by the token
  ReplayKnown of_cost;              // planned requests
  NanoUsd failed_cost = 0;          // of attempts that failed, paid by the token
  ReplayKnown of_failed_cost;       // attempts
  NanoUsd rent = 0;                 // of self-hosted slots, amortised, answers and failures
  ReplayKnown of_rent;              // attempts; unknown: nothing says how long they hold a slot
  // Targets of which no stream, or no answer at all, was recorded though answers go there.
  std::vector<std::string> targets_without_ttft;
  std::vector<std::string> targets_without_duration;
  // What is configured, busy or not; none: the recording does not say.
  std::optional<std::vector<BackendRent>> rents;
  // Requests planned at a self-hosted backend that came while as many ran there as it has slots.
  std::map<std::string, std::uint64_t> crowded;
};

// Why requests are undecided: `name` is a pattern, a target, a key or a topic; `where` a route or
// class that looks at it. A request can have several causes.
struct ReplayCause {
  std::string reason;  // fact, target, key, hints
  std::string name;
  std::string where;  // may be empty
  std::uint64_t requests = 0;
};

struct ReplayMove {
  std::string id;
  std::string from;
  std::string to;
  NanoUsd cost_before = 0;
  NanoUsd cost_after = 0;
  bool conversation = false;  // it goes on where one of the policies had put its conversation
  NanoUsd Increase() const { return cost_after - cost_before; }
};

struct ReplayTarget {
  DurationHistogram ttft;  // recorded, of streams
  DurationHistogram duration;
};

// What a policy would have done to recorded traffic.
struct ReplayTotals {
  std::uint64_t requests = 0;  // all that were read
  ReplaySpan span;             // of them
  bool rents_changed = false;  // while recording; the last ones count as "before"
  // Left out of everything below, for the record cannot say what the policy does with them.
  std::uint64_t undecided_fact = 0;    // hangs on a header or metadata pattern never looked for
  std::uint64_t undecided_target = 0;  // hangs on the state of a target never recorded
  std::uint64_t undecided_key = 0;     // the policy has no key of that name
  std::uint64_t undecided_hints = 0;   // its key trusts other hints now, and it hangs on one
  std::uint64_t undecided_conversation = 0;  // goes on with one of which a request is undecided
  std::vector<ReplayCause> causes;           // the most frequent first
  NanoUsd undecided_cost = 0;                // booked, of those: paid by the token
  NanoUsd undecided_rent = 0;

  std::uint64_t decided = 0;
  std::uint64_t moved = 0;          // their first choice is another one, or there is none any more
  std::uint64_t unnumbered = 0;     // go on with a conversation, and the record does not say which
  std::uint64_t newly_refused = 0;  // planned before, refused after
  std::uint64_t newly_planned = 0;  // the other way round
  std::uint64_t answered = 0;       // have usage that costs are computed from
  std::uint64_t estimated = 0;      // of these: usage that the backend did not report
  std::uint64_t without_answer = 0;
  NanoUsd booked_cost = 0;  // as the recording has it: paid by the token, failures too
  NanoUsd booked_rent = 0;
  ReplaySide before;
  ReplaySide after;
  std::map<std::pair<std::string, std::string>, std::uint64_t> moves;  // from, to
  // The same, the most frequent first.
  using Move = std::pair<std::uint64_t, std::pair<std::string, std::string>>;
  std::vector<Move> MovesByCount() const;
  std::map<std::string, ReplayRow> classes;
  std::map<std::string, ReplayRow> routes;
  std::map<std::string, ReplayLatency> class_times;
  std::map<std::string, ReplayLatency> route_times;
  std::map<std::string, ReplayRow> teams;
  std::map<std::string, ReplayRow> targets;  // of first choice
  std::map<std::string, ReplayTarget> recorded;
  std::vector<ReplayMove> dearest;  // the ten most expensive moves, by what they add

  std::uint64_t Undecided() const {
    return undecided_fact + undecided_target + undecided_key + undecided_hints +
           undecided_conversation;
  }
};

// Decides recorded requests again. Pure: no I/O, no clock. Thread-compatible.
//
// "Before" is what was recorded, or what `against` decides; "after" is what `policy` decides, both
// with the load and everything else as recorded, but for conversations: a policy goes on with one
// where it put it itself (ReplayedConversations), so records are added in their order. Costs are
// recomputed on both sides from recorded usage and prices (policy/money/cost.h, exact): an answer
// is priced at the target that gave it as long as the side's first choice is the recorded one, else
// at the side's first choice, with the same usage and service tier. Attempts that failed are
// carried over: both sides pay for them where they were made. Self-hosted targets cost nothing by
// the token; what the requests use of their rent is kept apart, amortised: the rent of one slot for
// as long as the attempt took, or, at a target that the answer did not come from, for the median
// time of the answers recorded there. What is paid in the end, used or not, is ReplayBill. An
// amount of which the record says nothing is counted as unknown, and not as 0.
class Replay {
 public:
  static constexpr std::size_t kDearest = 10;

  // `against` may be null. Both outlive this.
  Replay(const CompiledPolicy& policy, const CompiledPolicy* against);
  ~Replay();

  // What if `policy` had another number of replicas than were recorded: decisions count the slots
  // that it says for this backend. The requests that ran there are still those recorded.
  void UseConfiguredSlots(const std::string& backend) { after_policy_.UseConfiguredSlots(backend); }

  // REQUIRES: `record.policy` outlives this.
  void Add(const RecordedRequest& record);

  // The totals of all that was added. Call once.
  ReplayTotals Finish();

 private:
  using NameId = ReplayNames::Id;
  struct Recording;
  struct Place;
  struct Side;

  Recording& RecordingOf(const RecordedPolicy& policy);
  void LeaveOut(const RecordedRequest& record, const ReplayRecording& recording, Undecided why,
                const ReplayDecider& decider);
  void NoteRents(const RecordedPolicy& policy);
  void NameCauses();
  void Book(const RecordedRequest& record, const ReplayRecording& recording);
  // The cost of the answer on this side; nullopt: not known.
  using Cost = std::optional<NanoUsd>;
  static Cost Charge(const RecordedRequest& record, const ReplayRecording& recording,
                     const ReplayChoice& choice, Side& side);
  static Cost WithoutUsage(const ReplayChoice& choice, Side& side);
  static Cost Price(const RecordedCall& call, const Place& place, Side& side);
  void Compare(const RecordedRequest& record, const ReplayChoice& before, Cost cost_before,
               const ReplayChoice& after, Cost cost_after);
  void KeepIfDear(const RecordedRequest& record, const ReplayChoice& before, NanoUsd cost_before,
                  const ReplayChoice& after, NanoUsd cost_after);
  static void AddRows(std::vector<ReplayRow>& rows, NameId before, Cost cost_before, NameId after,
                      Cost cost_after);
  std::map<std::string, ReplayRow> NameRows(const std::vector<ReplayRow>& rows) const;
  void Finish(const Side& side, ReplaySide& out) const;
  void Mix(NameId target, std::uint64_t streamed, std::uint64_t all, ReplayTimes& out) const;
  std::map<std::string, ReplayLatency> NameTimes(bool of_routes) const;
  static void CountCrowded(const RecordedRequest& record, const ReplayRecording& recording,
                           const ReplayChoice& choice, Side& side);

  ReplayNames names_;
  ReplayDecider after_policy_;
  std::optional<ReplayDecider> before_policy_;  // none: as recorded
  absl::flat_hash_map<const RecordedPolicy*, std::unique_ptr<Recording>> recordings_;
  std::unique_ptr<Side> before_;
  std::unique_ptr<Side> after_;
  std::vector<ReplayTarget> times_;  // by name
  absl::flat_hash_map<std::pair<NameId, NameId>, std::uint64_t> moves_;
  using Cause = std::pair<const ReplayDecider*, UndecidedCause>;
  absl::flat_hash_map<Cause, std::uint64_t> causes_;
  const RecordedPolicy* latest_ = nullptr;  // of the last record
  std::vector<ReplayRow> classes_;          // these by name
  std::vector<ReplayRow> routes_;
  std::vector<ReplayRow> teams_;
  std::vector<ReplayRow> targets_;
  ReplayTotals totals_;
};

}  // namespace headgate::routing
