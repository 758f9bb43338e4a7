#include "routing/replay.h"

#include <algorithm>
#include <cmath>

#include "policy/cost.h"

namespace headgate::routing {
namespace {

__extension__ using Wide = __int128;
constexpr Wide kMicrosAnHour = 3'600'000'000;

NanoUsd RentOf(Wide nano_per_hour_times_micros) {
  return static_cast<NanoUsd>((nano_per_hour_times_micros + kMicrosAnHour / 2) / kMicrosAnHour);
}

void Count(bool known, ReplayKnown& counts) { ++(known ? counts.known : counts.unknown); }

bool IsNothing(const policy::Usage& usage) {
  return usage.input == 0 && usage.cached_input == 0 && usage.cache_write == 0 && usage.output == 0;
}

}  // namespace

// The policy of a recording, and its records under the policies of this replay.
struct Replay::Recording {
  Recording(const RecordedPolicy& recorded, const ReplayDecider& new_policy,
            const ReplayDecider* old_policy, ReplayNames& names)
      : has(recorded, names), after(recorded, new_policy.policy()) {
    if (old_policy != nullptr) before.emplace(recorded, old_policy->policy());
  }

  ReplayRecording has;
  RecordTranslation after;
  std::optional<RecordTranslation> before;
};

// Where a call counts on a side; `elsewhere`: it was made at another target in truth.
struct Replay::Place {
  NameId target = 0;
  const ReplayTariff* tariff = nullptr;
  bool elsewhere = false;
};

struct Replay::Side {
  struct Elsewhere {  // answers that came from another target in truth
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
  std::vector<Answers> answers;  // by name of the target
  absl::flat_hash_map<NameId, Elsewhere> elsewhere;
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
    for (Side* side : {before_.get(), after_.get()}) side->answers.resize(names);
    times_.resize(names);
    for (auto* rows : {&classes_, &routes_, &teams_, &targets_}) rows->resize(names);
  }
  return *recording;
}

void Replay::Add(const RecordedRequest& record) {
  ++totals_.requests;
  Recording& recording = RecordingOf(*record.policy);
  ReplayChoice after;
  Undecided undecided = after_policy_.Decide(record, recording.has, recording.after, after);
  ReplayChoice before = RecordedChoice(record, recording.has);
  if (before_policy_) {  // also if it is left out: where its conversation goes on matters later
    const Undecided of_before =
        before_policy_->Decide(record, recording.has, *recording.before, before);
    if (undecided == Undecided::kNo) undecided = of_before;
  }
  if (undecided != Undecided::kNo) {
    LeaveOut(record, recording.has, undecided);
    return;
  }
  ++totals_.decided;
  if (record.input.session_target && !record.conversation) ++totals_.unnumbered;
  Book(record, recording.has);
  const Cost cost_before = Charge(record, recording.has, before, *before_);
  const Cost cost_after = Charge(record, recording.has, after, *after_);
  Compare(record, before, cost_before, after, cost_after);
  const NameId team = record.input.key ? recording.has.teams[*record.input.key] : 0;
  AddRows(teams_, team, cost_before, team, cost_after);
}

void Replay::LeaveOut(const RecordedRequest& record, const ReplayRecording& recording,
                      Undecided why) {
  totals_.undecided_fact += why == Undecided::kFact ? 1 : 0;
  totals_.undecided_target += why == Undecided::kTarget ? 1 : 0;
  totals_.undecided_key += why == Undecided::kKey ? 1 : 0;
  totals_.undecided_hints += why == Undecided::kHints ? 1 : 0;
  totals_.undecided_conversation += why == Undecided::kConversation ? 1 : 0;
  for (const RecordedCall& call : record.calls) {
    const bool paid = recording.tariffs[call.target].hosting == config::Hosting::kPaidApi;
    (paid ? totals_.undecided_cost : totals_.undecided_rent) += call.cost;
  }
}

// What really happened: the books, and how long each target took.
void Replay::Book(const RecordedRequest& record, const ReplayRecording& recording) {
  bool answered = false;
  for (const RecordedCall& call : record.calls) {
    const bool paid = recording.tariffs[call.target].hosting == config::Hosting::kPaidApi;
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

// What one call costs on this side, paid by the token; rent goes to the side's own sum.
Replay::Cost Replay::Price(const RecordedCall& call, const Place& place, Side& side) {
  const ReplayTariff& tariff = *place.tariff;
  if (tariff.hosting == config::Hosting::kSelfHosted) {
    if (!place.elsewhere) {
      side.rent += Wide{tariff.rent_per_slot_hour} * call.duration_us;
      ++side.totals.of_rent.known;
    } else {
      Side::Elsewhere& elsewhere = side.elsewhere[place.target];
      ++elsewhere.count;
      elsewhere.rent_per_slot_hour = tariff.rent_per_slot_hour;
    }
    return 0;
  }
  if (tariff.prices == nullptr) return std::nullopt;
  return policy::CostOf(*tariff.prices, call.usage, call.tier);
}

// Planned here, and the record has no answer to go by.
Replay::Cost Replay::WithoutUsage(const ReplayChoice& choice, Side& side) {
  ++side.totals.without_usage;
  if (choice.tariff->hosting == config::Hosting::kPaidApi) return std::nullopt;
  ++side.totals.of_rent.unknown;
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
    if (call.answered && !planned) continue;  // refused here: there is no answer to pay
    const NameId made_at = recording.targets[call.target];
    const ReplayTariff& recorded = recording.tariffs[call.target];
    const ReplayTariff* const own =
        choice.decider == nullptr ? &recorded : choice.decider->Find(made_at);
    const bool stays = !call.answered || (same_first && own != nullptr);
    const Place place = stays ? Place{made_at, own != nullptr ? own : &recorded, false}
                              : Place{choice.target, choice.tariff, choice.target != made_at};
    const Cost cost = Price(call, place, side);
    if (!call.answered) {
      side.totals.failed_cost += cost.value_or(0);
      Count(cost || IsNothing(call.usage), side.totals.of_failed_cost);
      continue;
    }
    answered = true;
    side.answers[place.target].Add(record.input.stream);
    if (!cost) ++side.totals.unpriced;
    answer_cost = cost;
  }
  if (planned && !answered && !same_first) {
    side.answers[choice.target].Add(record.input.stream);
    answer_cost = WithoutUsage(choice, side);
  }
  side.totals.cost += answer_cost.value_or(0);
  if (planned) Count(answer_cost.has_value(), side.totals.of_cost);
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
  KeepIfDear(record, before, *cost_before, after, *cost_after);
}

void Replay::KeepIfDear(const RecordedRequest& record, const ReplayChoice& before,
                        NanoUsd cost_before, const ReplayChoice& after, NanoUsd cost_after) {
  std::vector<ReplayMove>& dearest = totals_.dearest;
  const NanoUsd increase = cost_after - cost_before;
  if (increase <= 0) return;
  if (dearest.size() == kDearest && increase <= dearest.back().Increase()) return;
  const auto place = std::upper_bound(
      dearest.begin(), dearest.end(), increase,
      [](NanoUsd amount, const ReplayMove& move) { return amount > move.Increase(); });
  dearest.insert(place, {std::string(record.id), names_.Text(before.target),
                         names_.Text(after.target), cost_before, cost_after,
                         before.conversation_elsewhere || after.conversation_elsewhere});
  if (dearest.size() > kDearest) dearest.pop_back();
}

void Replay::AddRows(std::vector<ReplayRow>& rows, NameId before, Cost cost_before, NameId after,
                     Cost cost_after) {
  ++rows[before].requests_before;
  rows[before].cost_before += cost_before.value_or(0);
  Count(cost_before.has_value(), rows[before].of_before);
  ++rows[after].requests_after;
  rows[after].cost_after += cost_after.value_or(0);
  Count(cost_after.has_value(), rows[after].of_after);
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

void Replay::Finish(const Side& side, ReplaySide& out) const {
  out = side.totals;
  const auto mix = [](const DurationHistogram& recorded, std::uint64_t answers,
                      DurationHistogram& expected, ReplayKnown& of) {
    expected.Mix(recorded, static_cast<double>(answers));
    (recorded.samples() > 0 ? of.known : of.unknown) += answers;
  };
  for (NameId id = 0; id < side.answers.size(); ++id) {
    const Side::Answers& answers = side.answers[id];
    mix(times_[id].ttft, answers.streamed, out.ttft, out.of_ttft);
    mix(times_[id].duration, answers.all, out.duration, out.of_duration);
  }
  Wide rent = side.rent;
  for (const auto& [target, elsewhere] : side.elsewhere) {
    if (times_[target].duration.samples() == 0) {
      out.of_rent.unknown += elsewhere.count;
      continue;
    }
    out.of_rent.known += elsewhere.count;
    const double median_us = times_[target].duration.QuantileMs(0.5) * 1000;
    rent += Wide{elsewhere.rent_per_slot_hour} * static_cast<Wide>(elsewhere.count) *
            std::llround(median_us);
  }
  out.rent = RentOf(rent);
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
  totals_.classes = NameRows(classes_);
  totals_.routes = NameRows(routes_);
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
