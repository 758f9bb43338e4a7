#include "routing/replay/replay.h"

#include <algorithm>
#include <tuple>

namespace headgate::routing {

// A recorded policy: its names as ids, and its records translated to the policies of this replay.
struct Replay::Recording {
  Recording(const RecordedPolicy& recorded, const ReplayDecider& new_policy,
            const ReplayDecider* old_policy, ReplayNames& names)
      : ids(recorded, names), after(recorded, new_policy.policy()) {
    if (old_policy != nullptr) before.emplace(recorded, old_policy->policy());
  }

  ReplayRecording ids;
  RecordTranslation after;
  std::optional<RecordTranslation> before;
};

Replay::Replay(const CompiledPolicy& policy, const CompiledPolicy* against)
    : topic_model_(policy.topic_model().checksum()), after_policy_(policy, names_) {
  if (against != nullptr) before_policy_.emplace(*against, names_);
}

Replay::~Replay() = default;

Replay::Recording& Replay::RecordingOf(const RecordedPolicy& policy) {
  std::unique_ptr<Recording>& recording = recordings_[&policy];
  if (recording == nullptr) {
    recording = std::make_unique<Recording>(policy, after_policy_,
                                            before_policy_ ? &*before_policy_ : nullptr, names_);
    const std::size_t names = names_.size();
    before_.Resize(names);
    after_.Resize(names);
    times_.resize(names);
    waited_.resize(names);
    for (auto* rows : {&classes_, &routes_, &teams_, &targets_, &spills_}) rows->resize(names);
  }
  return *recording;
}

void Replay::Add(const RecordedRequest& record) {
  ++totals_.requests;
  totals_.span.Add(record.input.unix_seconds);
  NoteRents(*record.policy);
  const std::string& read_by = record.policy->topic_model;
  if (!read_by.empty() && read_by != topic_model_) ++totals_.other_topic_model;
  Recording& recording = RecordingOf(*record.policy);
  ReplayChoice after;
  Undecided undecided = after_policy_.Decide(record, recording.ids, recording.after, after);
  ReplayChoice before = RecordedChoice(record, recording.ids);
  const ReplayDecider* decider = &after_policy_;
  if (before_policy_) {  // even for an undecided request: later requests may continue it
    const Undecided undecided_before =
        before_policy_->Decide(record, recording.ids, *recording.before, before);
    if (undecided == Undecided::kNo) {
      undecided = undecided_before;
      decider = &*before_policy_;
    }
  }
  if (undecided != Undecided::kNo) {
    LeaveOut(record, recording.ids, undecided, *decider);
    return;
  }
  ++totals_.decided;
  if (record.input.conversation_target && !record.conversation) ++totals_.unnumbered;
  Book(record, recording.ids);
  const Cost cost_before = before_.Charge(record, recording.ids, before);
  const Cost cost_after = after_.Charge(record, recording.ids, after);
  before_.CountCrowded(before);
  after_.CountCrowded(after);
  Compare(record, before, cost_before, after, cost_after);
  const NameId team = record.input.key ? recording.ids.teams[*record.input.key] : 0;
  AddRows(teams_, team, cost_before, team, cost_after);
}

void Replay::NoteRents(const RecordedPolicy& policy) {
  if (latest_ == &policy) return;
  totals_.rents_changed |= latest_ != nullptr && latest_->rents != policy.rents;
  latest_ = &policy;
}

void Replay::LeaveOut(const RecordedRequest& record, const ReplayRecording& recording,
                      Undecided why, const ReplayDecider& decider) {
  for (const UndecidedCause& cause : decider.causes()) ++causes_[{&decider, cause}];
  totals_.undecided_fact += why == Undecided::kFact ? 1 : 0;
  totals_.undecided_target += why == Undecided::kTarget ? 1 : 0;
  totals_.undecided_key += why == Undecided::kKey ? 1 : 0;
  totals_.undecided_hints += why == Undecided::kHints ? 1 : 0;
  totals_.undecided_conversation += why == Undecided::kConversation ? 1 : 0;
  for (const RecordedCall& call : record.calls) {
    const bool paid = recording.prices[call.target].hosting == config::Hosting::kPaidApi;
    (paid ? totals_.undecided_cost : totals_.undecided_rent) += call.cost;
  }
}

// Adds up what was recorded: booked costs, and how long each target took.
void Replay::Book(const RecordedRequest& record, const ReplayRecording& recording) {
  if (record.outcome == Outcome::kPlanned && record.queued_us.value_or(0) > 0) {
    ++waited_[recording.targets[record.left.empty() ? record.SentTo() : record.left.front()]];
  }
  bool answered = false;
  for (const RecordedCall& call : record.calls) {
    const bool paid = recording.prices[call.target].hosting == config::Hosting::kPaidApi;
    (paid ? totals_.booked_cost : totals_.booked_rent) += call.cost;
    if (!call.answered) continue;
    answered = true;
    totals_.estimated += call.exact ? 0 : 1;
    ReplayTarget& times = times_[recording.targets[call.target]];
    if (call.ttft_us > 0) times.ttft.Add(call.ttft_us);
    times.duration.Add(call.duration_us);
  }
  ++(answered ? totals_.answered : totals_.without_answer);
  if (record.outcome != Outcome::kPlanned || record.refused.empty()) return;
  ++totals_.refused_with_plan.try_emplace(std::string(record.refused), 0).first->second;
}

void Replay::Compare(const RecordedRequest& record, const ReplayChoice& before, Cost cost_before,
                     const ReplayChoice& after, Cost cost_after) {
  AddRows(classes_, before.request_class, cost_before, after.request_class, cost_after);
  AddRows(routes_, before.route, cost_before, after.route, cost_after);
  AddRows(targets_, before.target, cost_before, after.target, cost_after);
  AddRows(spills_, before.spilled_from, cost_before, after.spilled_from, cost_after);
  if (before.target == after.target) return;
  ++totals_.moved;
  ++moves_[{before.target, after.target}];
  if (after.target == 0) ++totals_.newly_refused;
  if (before.target == 0) ++totals_.newly_planned;
  if (after.target == 0 || before.target == 0 || !cost_before || !cost_after) return;
  KeepIfExpensive(record, before, *cost_before, after, *cost_after);
}

void Replay::KeepIfExpensive(const RecordedRequest& record, const ReplayChoice& before,
                             NanoUsd cost_before, const ReplayChoice& after, NanoUsd cost_after) {
  std::vector<ReplayMove>& moves = totals_.most_expensive_moves;
  const NanoUsd increase = cost_after - cost_before;
  if (increase <= 0) return;
  if (moves.size() == kMostExpensiveMoves && increase <= moves.back().Increase()) return;
  const auto place = std::upper_bound(
      moves.begin(), moves.end(), increase,
      [](NanoUsd amount, const ReplayMove& move) { return amount > move.Increase(); });
  moves.insert(place, {std::string(record.id), names_.Text(before.target),
                       names_.Text(after.target), cost_before, cost_after,
                       before.conversation_rerouted || after.conversation_rerouted});
  if (moves.size() > kMostExpensiveMoves) moves.pop_back();
}

void Replay::AddRows(std::vector<ReplayRow>& rows, NameId before, Cost cost_before, NameId after,
                     Cost cost_after) {
  ++rows[before].requests_before;
  rows[before].cost_before += cost_before.value_or(0);
  rows[before].before_coverage.Count(cost_before.has_value());
  ++rows[after].requests_after;
  rows[after].cost_after += cost_after.value_or(0);
  rows[after].after_coverage.Count(cost_after.has_value());
}

std::map<std::string, ReplayRow> Replay::NameRows(const std::vector<ReplayRow>& rows) const {
  std::map<std::string, ReplayRow> named;
  for (NameId id = 0; id < rows.size(); ++id) {
    if (rows[id].requests_before + rows[id].requests_after > 0) {
      named.emplace(names_.Text(id), rows[id]);
    }
  }
  return named;
}

std::map<std::string, ReplayLatency> Replay::NameTimes(bool of_routes) const {
  std::map<std::string, ReplayLatency> named;
  for (const bool is_before : {true, false}) {
    const ReplayTally& tally = is_before ? before_ : after_;
    std::vector<ReplayTimes> times =
        of_routes ? tally.TimesOfRoutes(times_) : tally.TimesOfClasses(times_);
    for (NameId id = 0; id < times.size(); ++id) {
      const ReplayCoverage& coverage = times[id].duration_coverage;
      if (coverage.known + coverage.unknown == 0) continue;
      ReplayLatency& latency = named[names_.Text(id)];
      (is_before ? latency.before : latency.after) = std::move(times[id]);
    }
  }
  return named;
}

void Replay::NameCauses() {
  static constexpr std::array<const char*, 6> kReasons = {"",    "fact",  "target",
                                                          "key", "hints", "conversation"};
  for (const auto& [found, requests] : causes_) {
    const auto& [decider, cause] = found;
    totals_.causes.push_back({kReasons[static_cast<std::size_t>(cause.why)], decider->NameOf(cause),
                              decider->LocationOf(cause), requests});
  }
  std::sort(totals_.causes.begin(), totals_.causes.end(),
            [](const ReplayCause& a, const ReplayCause& b) {
              return std::tie(b.requests, a.reason, a.name, a.where) <
                     std::tie(a.requests, b.reason, b.name, b.where);
            });
}

void Replay::NoteSlots() {
  if (latest_ == nullptr || !latest_->rents) return;
  for (const BackendRent& now : after_policy_.policy().rents()) {
    if (after_policy_.PoolOf(now.backend) != nullptr) continue;
    for (const BackendRent& then : *latest_->rents) {
      if (then.backend != now.backend || then.slots == now.slots) continue;
      totals_.other_slots.push_back({now.backend, now.slots, then.slots, now.replicas});
    }
  }
}

void Replay::NotePools() {
  for (const BackendRent& rent : after_policy_.policy().rents()) {
    const ReplayedPool* const pool = after_policy_.PoolOf(rent.backend);
    if (pool == nullptr || pool->slots() == pool->recorded_slots()) continue;
    ReplayPool& noted = totals_.pools.emplace_back();
    noted.backend = rent.backend;
    noted.slots = pool->slots();
    noted.recorded = pool->recorded_slots();
    for (NameId id = 0; id < waited_.size(); ++id) {
      if (names_.Text(id).ends_with("@" + rent.backend)) noted.waited += waited_[id];
    }
  }
}

ReplayTotals Replay::Finish() {
  totals_.before = before_.Finish(times_, names_);
  totals_.after = after_.Finish(times_, names_);
  totals_.after.rents = after_policy_.policy().rents();
  if (before_policy_) {
    totals_.before.rents = before_policy_->policy().rents();
  } else if (latest_ != nullptr) {
    totals_.before.rents = latest_->rents;
  }
  totals_.as_recorded = !before_policy_;
  NoteSlots();
  NotePools();
  NameCauses();
  totals_.classes = NameRows(classes_);
  totals_.routes = NameRows(routes_);
  totals_.class_times = NameTimes(false);
  totals_.route_times = NameTimes(true);
  totals_.teams = NameRows(teams_);
  totals_.targets = NameRows(targets_);
  if (!spills_.empty()) spills_[0] = {};  // what did not spill
  totals_.spills = NameRows(spills_);
  for (const auto& [move, count] : moves_) {
    totals_.moves[{names_.Text(move.first), names_.Text(move.second)}] = count;
  }
  for (NameId id = 0; id < times_.size(); ++id) {
    if (times_[id].duration.samples() > 0) totals_.recorded.emplace(names_.Text(id), times_[id]);
  }
  return std::move(totals_);
}

}  // namespace headgate::routing
