#include "routing/replay/replay.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "policy/money/cost.h"

namespace headgate::routing {
namespace {

__extension__ using Wide = __int128;
constexpr Wide kMicrosAnHour = 3'600'000'000;

NanoUsd RentOf(Wide nano_per_hour_times_micros) {
  return static_cast<NanoUsd>((nano_per_hour_times_micros + kMicrosAnHour / 2) / kMicrosAnHour);
}

void Count(bool known, ReplayCoverage& counts) { ++(known ? counts.known : counts.unknown); }

bool IsNothing(const policy::Usage& usage) {
  return usage.input == 0 && usage.cached_input == 0 && usage.cache_write == 0 && usage.output == 0;
}

}  // namespace

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

// The target that a call counts for on one side. `rerouted`: it was recorded at another target.
struct Replay::CalledTarget {
  NameId target = 0;
  const ReplayPrice* price = nullptr;
  bool rerouted = false;
};

struct Replay::Side {
  struct Rerouted {  // answers that another target gave when they were recorded
    std::uint64_t count = 0;
    NanoUsd rent_per_slot_hour = 0;
  };
  ReplaySide totals;
  Wide rent = 0;  // nano-dollars an hour x microseconds
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
  absl::flat_hash_map<NameId, Rerouted> rerouted;
  std::vector<std::uint64_t> crowded;  // by name of the target

  // `call` is the answer that this target gave when it was recorded; null if another target gave
  // it.
  void AddAnswer(const ReplayChoice& choice, NameId target, bool stream, const RecordedCall* call) {
    answers[target].Add(stream);
    for (Group* const group : {&routes[choice.route], &classes[choice.request_class]}) {
      if (call == nullptr) {
        group->moved[target].Add(stream);
        continue;
      }
      group->stayed.duration.Add(call->duration_us);
      ++group->stayed.duration_coverage.known;
      if (call->ttft_us == 0) continue;
      group->stayed.ttft.Add(call->ttft_us);
      ++group->stayed.ttft_coverage.known;
    }
  }
};

Replay::Replay(const CompiledPolicy& policy, const CompiledPolicy* against)
    : after_policy_(policy, names_),
      before_(std::make_unique<Side>()),
      after_(std::make_unique<Side>()) {
  if (against != nullptr) before_policy_.emplace(*against, names_);
}

Replay::~Replay() = default;

Replay::Recording& Replay::RecordingOf(const RecordedPolicy& policy) {
  std::unique_ptr<Recording>& recording = recordings_[&policy];
  if (recording == nullptr) {
    recording = std::make_unique<Recording>(policy, after_policy_,
                                            before_policy_ ? &*before_policy_ : nullptr, names_);
    const std::size_t names = names_.size();
    for (Side* side : {before_.get(), after_.get()}) {
      side->answers.resize(names);
      side->routes.resize(names);
      side->classes.resize(names);
      side->crowded.resize(names);
    }
    times_.resize(names);
    for (auto* rows : {&classes_, &routes_, &teams_, &targets_}) rows->resize(names);
  }
  return *recording;
}

void Replay::Add(const RecordedRequest& record) {
  ++totals_.requests;
  totals_.span.Add(record.input.unix_seconds);
  NoteRents(*record.policy);
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
  const Cost cost_before = Charge(record, recording.ids, before, *before_);
  const Cost cost_after = Charge(record, recording.ids, after, *after_);
  CountCrowded(record, recording.ids, before, *before_);
  CountCrowded(record, recording.ids, after, *after_);
  Compare(record, before, cost_before, after, cost_after);
  const NameId team = record.input.key ? recording.ids.teams[*record.input.key] : 0;
  AddRows(teams_, team, cost_before, team, cost_after);
}

void Replay::NoteRents(const RecordedPolicy& policy) {
  if (latest_ == &policy) return;
  totals_.rents_changed |= latest_ != nullptr && latest_->rents != policy.rents;
  latest_ = &policy;
}

// A record says for each target how many requests ran on its backend. The number of slots comes
// from the policy of this side, or from the recording.
void Replay::CountCrowded(const RecordedRequest& record, const ReplayRecording& recording,
                          const ReplayChoice& choice, Side& side) {
  if (choice.price == nullptr || choice.price->hosting != config::Hosting::kSelfHosted) return;
  const auto found = std::find(recording.targets.begin(), recording.targets.end(), choice.target);
  if (found == recording.targets.end()) return;
  const auto index = static_cast<std::size_t>(found - recording.targets.begin());
  const Candidate& recorded = record.input.candidates[index];
  std::int64_t slots = recorded.slots;
  if (choice.decider != nullptr) slots = choice.decider->SlotsOf(choice.target).value_or(slots);
  if (slots > 0 && recorded.in_flight >= slots) ++side.crowded[choice.target];
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
}

// The cost of one call on this side, paid by the token. Rent is added to the side's own sum.
Replay::Cost Replay::CostOf(const RecordedCall& call, const CalledTarget& called, Side& side) {
  const ReplayPrice& price = *called.price;
  if (price.hosting == config::Hosting::kSelfHosted) {
    if (!called.rerouted) {
      side.rent += Wide{price.rent_per_slot_hour} * call.duration_us;
      ++side.totals.rent_coverage.known;
    } else {
      Side::Rerouted& rerouted = side.rerouted[called.target];
      ++rerouted.count;
      rerouted.rent_per_slot_hour = price.rent_per_slot_hour;
    }
    return 0;
  }
  if (price.by_token == nullptr) return std::nullopt;
  return policy::CostOf(*price.by_token, call.usage, call.tier);
}

// The request is planned on this side, but no answer was recorded that would show its usage.
Replay::Cost Replay::WithoutUsage(const ReplayChoice& choice, Side& side) {
  ++side.totals.without_usage;
  if (choice.price->hosting == config::Hosting::kPaidApi) return std::nullopt;
  ++side.totals.rent_coverage.unknown;
  return 0;
}

Replay::Cost Replay::Charge(const RecordedRequest& record, const ReplayRecording& recording,
                            const ReplayChoice& choice, Side& side) {
  const bool planned = choice.outcome == Outcome::kPlanned;
  ++(planned ? side.totals.planned : side.totals.refused[static_cast<std::size_t>(choice.outcome)]);
  const bool same_first =
      record.outcome == Outcome::kPlanned && choice.target == recording.targets[record.target];
  bool answered = false;
  Cost answer_cost = 0;
  for (const RecordedCall& call : record.calls) {
    if (call.answered && !planned)
      continue;  // this side refuses the request: it pays for no answer
    const NameId recorded_target = recording.targets[call.target];
    const ReplayPrice& recorded_price = recording.prices[call.target];
    const ReplayPrice* const price =
        choice.decider == nullptr ? &recorded_price : choice.decider->Find(recorded_target);
    const bool stays = !call.answered || (same_first && price != nullptr);
    const CalledTarget called =
        stays ? CalledTarget{recorded_target, price != nullptr ? price : &recorded_price, false}
              : CalledTarget{choice.target, choice.price, choice.target != recorded_target};
    const Cost cost = CostOf(call, called, side);
    if (!call.answered) {
      side.totals.failed_cost += cost.value_or(0);
      Count(cost || IsNothing(call.usage), side.totals.failed_cost_coverage);
      continue;
    }
    answered = true;
    side.AddAnswer(choice, called.target, record.input.stream, called.rerouted ? nullptr : &call);
    if (!cost) ++side.totals.unpriced;
    answer_cost = cost;
  }
  if (planned && !answered && !same_first) {
    side.AddAnswer(choice, choice.target, record.input.stream, nullptr);
    answer_cost = WithoutUsage(choice, side);
  }
  side.totals.cost += answer_cost.value_or(0);
  if (planned) Count(answer_cost.has_value(), side.totals.cost_coverage);
  return answer_cost;
}

void Replay::Compare(const RecordedRequest& record, const ReplayChoice& before, Cost cost_before,
                     const ReplayChoice& after, Cost cost_after) {
  AddRows(classes_, before.request_class, cost_before, after.request_class, cost_after);
  AddRows(routes_, before.route, cost_before, after.route, cost_after);
  AddRows(targets_, before.target, cost_before, after.target, cost_after);
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
  Count(cost_before.has_value(), rows[before].before_coverage);
  ++rows[after].requests_after;
  rows[after].cost_after += cost_after.value_or(0);
  Count(cost_after.has_value(), rows[after].after_coverage);
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

void Replay::Mix(NameId target, std::uint64_t streamed, std::uint64_t all, ReplayTimes& out) const {
  const auto mix = [](const DurationHistogram& recorded, std::uint64_t answers,
                      DurationHistogram& expected, ReplayCoverage& coverage) {
    expected.Mix(recorded, static_cast<double>(answers));
    (recorded.samples() > 0 ? coverage.known : coverage.unknown) += answers;
  };
  mix(times_[target].ttft, streamed, out.ttft, out.ttft_coverage);
  mix(times_[target].duration, all, out.duration, out.duration_coverage);
}

void Replay::Finish(const Side& side, ReplaySide& out) const {
  out = side.totals;
  for (NameId id = 0; id < side.answers.size(); ++id) {
    const Side::Answers& answers = side.answers[id];
    Mix(id, answers.streamed, answers.all, out);
    if (answers.streamed > 0 && times_[id].ttft.samples() == 0) {
      out.targets_without_ttft.push_back(names_.Text(id));
    }
    if (answers.all > 0 && times_[id].duration.samples() == 0) {
      out.targets_without_duration.push_back(names_.Text(id));
    }
    if (side.crowded[id] == 0) continue;
    const std::string& target = names_.Text(id);
    out.crowded[target.substr(target.find('@') + 1)] += side.crowded[id];
  }
  Wide rent = side.rent;
  for (const auto& [target, rerouted] : side.rerouted) {
    if (times_[target].duration.samples() == 0) {
      out.rent_coverage.unknown += rerouted.count;
      continue;
    }
    out.rent_coverage.known += rerouted.count;
    const double median_us = times_[target].duration.QuantileMs(0.5) * 1000;
    rent += Wide{rerouted.rent_per_slot_hour} * static_cast<Wide>(rerouted.count) *
            std::llround(median_us);
  }
  out.rent = RentOf(rent);
}

std::map<std::string, ReplayLatency> Replay::NameTimes(bool of_routes) const {
  std::map<std::string, ReplayLatency> named;
  for (const bool is_before : {true, false}) {
    const Side& side = is_before ? *before_ : *after_;
    const std::vector<Side::Group>& groups = of_routes ? side.routes : side.classes;
    for (NameId id = 0; id < groups.size(); ++id) {
      ReplayTimes times = groups[id].stayed;
      for (const auto& [target, answers] : groups[id].moved) {
        Mix(target, answers.streamed, answers.all, times);
      }
      if (times.duration_coverage.known + times.duration_coverage.unknown == 0) continue;
      ReplayLatency& latency = named[names_.Text(id)];
      (is_before ? latency.before : latency.after) = std::move(times);
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
                              decider->PlaceOf(cause), requests});
  }
  std::sort(totals_.causes.begin(), totals_.causes.end(),
            [](const ReplayCause& a, const ReplayCause& b) {
              return std::tie(b.requests, a.reason, a.name, a.where) <
                     std::tie(a.requests, b.reason, b.name, b.where);
            });
}

std::vector<ReplayTotals::Move> ReplayTotals::MovesByCount() const {
  std::vector<Move> sorted;
  for (const auto& [move, count] : moves) sorted.emplace_back(count, move);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Move& a, const Move& b) { return a.first > b.first; });
  return sorted;
}

ReplayTotals Replay::Finish() {
  Finish(*before_, totals_.before);
  Finish(*after_, totals_.after);
  totals_.after.rents = after_policy_.policy().rents();
  if (before_policy_) {
    totals_.before.rents = before_policy_->policy().rents();
  } else if (latest_ != nullptr) {
    totals_.before.rents = latest_->rents;
  }
  NameCauses();
  totals_.classes = NameRows(classes_);
  totals_.routes = NameRows(routes_);
  totals_.class_times = NameTimes(false);
  totals_.route_times = NameTimes(true);
  totals_.teams = NameRows(teams_);
  totals_.targets = NameRows(targets_);
  for (const auto& [move, count] : moves_) {
    totals_.moves[{names_.Text(move.first), names_.Text(move.second)}] = count;
  }
  for (NameId id = 0; id < times_.size(); ++id) {
    if (times_[id].duration.samples() > 0) totals_.recorded.emplace(names_.Text(id), times_[id]);
  }
  return std::move(totals_);
}

}  // namespace headgate::routing
