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

}  // namespace

// Small numbers for names, so that totals are vectors. 0 is "nothing": refused, no route, no team.
class Replay::Names {
 public:
  Names() { Of("none"); }
  NameId Of(const std::string& name) {
    const auto [known, added] = ids_.try_emplace(name, static_cast<NameId>(texts_.size()));
    if (added) texts_.push_back(name);
    return known->second;
  }
  const std::string& Text(NameId id) const { return texts_[id]; }
  std::size_t size() const { return texts_.size(); }

 private:
  absl::flat_hash_map<std::string, NameId> ids_;
  std::vector<std::string> texts_;
};

// What a target asks for its work.
struct Replay::Tariff {
  config::Hosting hosting = config::Hosting::kPaidApi;
  const config::Prices* prices = nullptr;
  NanoUsd rent_per_slot_hour = 0;

  template <typename T>
  static Tariff Of(const T& target) {
    return {target.hosting, target.prices ? &*target.prices : nullptr, target.rent_per_slot_hour};
  }
};

struct Replay::Policy {
  Policy(const CompiledPolicy& compiled, Names& names) : policy(compiled) {
    for (const Target& target : policy.targets()) {
      by_name.emplace(names.Of(target.name), targets.size());
      targets.push_back(names.Of(target.name));
      tariffs.push_back(Tariff::Of(target));
    }
    for (const CompiledRoute& route : policy.routes()) routes.push_back(names.Of(route.name));
    for (const std::string& name : policy.class_names()) classes.push_back(names.Of(name));
  }
  const Tariff* Find(NameId target) const {
    const auto found = by_name.find(target);
    return found == by_name.end() ? nullptr : &tariffs[found->second];
  }

  const CompiledPolicy& policy;
  std::vector<NameId> targets;
  std::vector<NameId> routes;
  std::vector<NameId> classes;
  std::vector<Tariff> tariffs;  // by target
  absl::flat_hash_map<NameId, std::size_t> by_name;
};

// The policy of a recording, and its records under the policies of this replay.
struct Replay::Recording {
  Recording(const RecordedPolicy& recorded, const Policy& new_policy, const Policy* old_policy,
            Names& names)
      : after(recorded, new_policy.policy) {
    if (old_policy != nullptr) before.emplace(recorded, old_policy->policy);
    for (const RecordedTarget& target : recorded.targets) {
      targets.push_back(names.Of(target.name));
      tariffs.push_back(Tariff::Of(target));
    }
    for (const std::string& name : recorded.routes) routes.push_back(names.Of(name));
    for (const std::string& name : recorded.classes) classes.push_back(names.Of(name));
    for (const RecordedKey& key : recorded.keys) teams.push_back(names.Of(key.team));
  }

  RecordTranslation after;
  std::optional<RecordTranslation> before;
  std::vector<NameId> targets;
  std::vector<NameId> routes;
  std::vector<NameId> classes;
  std::vector<NameId> teams;  // by key
  std::vector<Tariff> tariffs;
};

struct Replay::Choice {
  Outcome outcome = Outcome::kNoRoute;
  NameId target = 0;
  NameId route = 0;
  NameId request_class = 0;
  const Tariff* tariff = nullptr;  // of the target
  const Policy* policy = nullptr;  // null: as recorded
};

// Where a call counts on a side; `elsewhere`: it was made at another target in truth.
struct Replay::Place {
  NameId target = 0;
  const Tariff* tariff = nullptr;
  bool elsewhere = false;
};

struct Replay::Side {
  struct Elsewhere {  // answers that came from another target in truth
    std::uint64_t count = 0;
    NanoUsd rent_per_slot_hour = 0;
  };
  ReplaySide totals;
  Wide rent = 0;                       // nano-dollars an hour x microseconds
  std::vector<std::uint64_t> answers;  // by name of the target
  absl::flat_hash_map<NameId, Elsewhere> elsewhere;
};

Replay::Replay(const CompiledPolicy& policy, const CompiledPolicy* against)
    : names_(std::make_unique<Names>()),
      after_policy_(std::make_unique<Policy>(policy, *names_)),
      before_(std::make_unique<Side>()),
      after_(std::make_unique<Side>()) {
  if (against != nullptr) before_policy_ = std::make_unique<Policy>(*against, *names_);
}

Replay::~Replay() = default;

Replay::Recording& Replay::RecordingOf(const RecordedPolicy& policy) {
  std::unique_ptr<Recording>& recording = recordings_[&policy];
  if (recording == nullptr) {
    recording = std::make_unique<Recording>(policy, *after_policy_, before_policy_.get(), *names_);
    const std::size_t names = names_->size();
    for (Side* side : {before_.get(), after_.get()}) side->answers.resize(names);
    times_.resize(names);
    for (auto* rows : {&classes_, &routes_, &teams_, &targets_}) rows->resize(names);
  }
  return *recording;
}

Replay::Choice Replay::Recorded(const RecordedRequest& record, const Recording& recording) {
  Choice choice;
  choice.outcome = record.outcome;
  const auto own_class = static_cast<std::size_t>(record.input.classification.request_class);
  choice.request_class = recording.classes[own_class];
  if (record.outcome == Outcome::kPlanned || record.outcome == Outcome::kNoTarget) {
    choice.route = recording.routes[record.route];
  }
  if (record.outcome == Outcome::kPlanned) {
    choice.target = recording.targets[record.target];
    choice.tariff = &recording.tariffs[record.target];
  }
  return choice;
}

Replay::Undecided Replay::DecideBy(const Policy& policy, const RecordTranslation& translation,
                                   const RecordedRequest& record, Choice& choice) {
  switch (translation.Translate(record, input_)) {
    case RecordTranslation::Result::kOk:
      break;
    case RecordTranslation::Result::kUnknownKey:
      return Undecided::kKey;
    case RecordTranslation::Result::kUnknownFact:
      return Undecided::kFact;
  }
  Decide(policy.policy, input_, decision_);
  if (decision_.undecided) return Undecided::kFact;
  if (translation.HangsOnUnrecordedTarget(decision_)) return Undecided::kTarget;
  choice = {};
  choice.policy = &policy;
  choice.outcome = decision_.outcome;
  choice.request_class =
      policy.classes[static_cast<std::size_t>(input_.classification.request_class)];
  if (decision_.outcome == Outcome::kPlanned || decision_.outcome == Outcome::kNoTarget) {
    choice.route = policy.routes[decision_.route];
  }
  if (decision_.outcome == Outcome::kPlanned) {
    choice.target = policy.targets[decision_.plan.front().target];
    choice.tariff = &policy.tariffs[decision_.plan.front().target];
  }
  return Undecided::kNo;
}

void Replay::Add(const RecordedRequest& record) {
  ++totals_.requests;
  Recording& recording = RecordingOf(*record.policy);
  Choice after;
  Undecided undecided = DecideBy(*after_policy_, recording.after, record, after);
  Choice before = Recorded(record, recording);
  if (undecided == Undecided::kNo && before_policy_ != nullptr) {
    undecided = DecideBy(*before_policy_, *recording.before, record, before);
  }
  if (undecided != Undecided::kNo) {
    LeaveOut(record, undecided);
    return;
  }
  ++totals_.decided;
  Book(record, recording);
  const NanoUsd cost_before = Charge(record, recording, before, *before_);
  const NanoUsd cost_after = Charge(record, recording, after, *after_);
  Compare(record, before, cost_before, after, cost_after);
  const NameId team = record.input.key ? recording.teams[*record.input.key] : 0;
  AddRows(teams_, team, cost_before, team, cost_after);
}

void Replay::LeaveOut(const RecordedRequest& record, Undecided why) {
  totals_.undecided_fact += why == Undecided::kFact ? 1 : 0;
  totals_.undecided_target += why == Undecided::kTarget ? 1 : 0;
  totals_.undecided_key += why == Undecided::kKey ? 1 : 0;
  for (const RecordedCall& call : record.calls) totals_.undecided_cost += call.cost;
}

// What really happened: the books, and how long each target took.
void Replay::Book(const RecordedRequest& record, const Recording& recording) {
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
std::optional<NanoUsd> Replay::Price(const RecordedCall& call, const Place& place, Side& side) {
  const Tariff& tariff = *place.tariff;
  if (tariff.hosting == config::Hosting::kSelfHosted) {
    if (!place.elsewhere) {
      side.rent += Wide{tariff.rent_per_slot_hour} * call.duration_us;
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

// The cost of the answer on this side; attempts that failed are added to the side's own sum.
NanoUsd Replay::Charge(const RecordedRequest& record, const Recording& recording,
                       const Choice& choice, Side& side) {
  const bool planned = choice.outcome == Outcome::kPlanned;
  ++(planned ? side.totals.planned : side.totals.refused[static_cast<std::size_t>(choice.outcome)]);
  const bool same_first =
      record.outcome == Outcome::kPlanned && choice.target == recording.targets[record.target];
  NanoUsd answer_cost = 0;
  for (const RecordedCall& call : record.calls) {
    if (call.answered && !planned) continue;  // refused here: there is no answer to pay
    const NameId made_at = recording.targets[call.target];
    const Tariff& recorded = recording.tariffs[call.target];
    const Tariff* const own = choice.policy == nullptr ? &recorded : choice.policy->Find(made_at);
    const bool stays = !call.answered || (same_first && own != nullptr);
    const Place place = stays ? Place{made_at, own != nullptr ? own : &recorded, false}
                              : Place{choice.target, choice.tariff, choice.target != made_at};
    const std::optional<NanoUsd> cost = Price(call, place, side);
    if (!call.answered) {
      side.totals.failed_cost += cost.value_or(0);
      continue;
    }
    ++side.answers[place.target];
    if (!cost) ++side.totals.unpriced;
    side.totals.cost += cost.value_or(0);
    answer_cost += cost.value_or(0);
  }
  return answer_cost;
}

void Replay::Compare(const RecordedRequest& record, const Choice& before, NanoUsd cost_before,
                     const Choice& after, NanoUsd cost_after) {
  AddRows(classes_, before.request_class, cost_before, after.request_class, cost_after);
  AddRows(routes_, before.route, cost_before, after.route, cost_after);
  AddRows(targets_, before.target, cost_before, after.target, cost_after);
  if (before.target == after.target) return;
  ++totals_.moved;
  ++moves_[{before.target, after.target}];
  if (after.target == 0) ++totals_.newly_refused;
  if (before.target == 0) ++totals_.newly_planned;
  if (after.target == 0 || before.target == 0) return;

  std::vector<ReplayMove>& dearest = totals_.dearest;
  const NanoUsd increase = cost_after - cost_before;
  if (increase <= 0) return;
  if (dearest.size() == kDearest && increase <= dearest.back().Increase()) return;
  const auto place = std::upper_bound(
      dearest.begin(), dearest.end(), increase,
      [](NanoUsd amount, const ReplayMove& move) { return amount > move.Increase(); });
  dearest.insert(place, {std::string(record.id), names_->Text(before.target),
                         names_->Text(after.target), cost_before, cost_after});
  if (dearest.size() > kDearest) dearest.pop_back();
}

void Replay::AddRows(std::vector<ReplayRow>& rows, NameId before, NanoUsd cost_before, NameId after,
                     NanoUsd cost_after) {
  ++rows[before].requests_before;
  rows[before].cost_before += cost_before;
  ++rows[after].requests_after;
  rows[after].cost_after += cost_after;
}

std::map<std::string, ReplayRow> Replay::NameRows(const std::vector<ReplayRow>& rows) const {
  std::map<std::string, ReplayRow> named;
  for (NameId id = 0; id < rows.size(); ++id) {
    if (rows[id].requests_before + rows[id].requests_after > 0) {
      named.emplace(names_->Text(id), rows[id]);
    }
  }
  return named;
}

void Replay::Finish(const Side& side, ReplaySide& out) const {
  out = side.totals;
  for (NameId id = 0; id < side.answers.size(); ++id) {
    if (side.answers[id] == 0) continue;
    const auto weight = static_cast<double>(side.answers[id]);
    out.ttft.Mix(times_[id].ttft, weight);
    out.duration.Mix(times_[id].duration, weight);
  }
  Wide rent = side.rent;
  for (const auto& [target, elsewhere] : side.elsewhere) {
    const double median_us = times_[target].duration.QuantileMs(0.5) * 1000;
    rent += Wide{elsewhere.rent_per_slot_hour} * static_cast<Wide>(elsewhere.count) *
            std::llround(median_us);
  }
  out.rent = RentOf(rent);
}

ReplayTotals Replay::Finish() {
  Finish(*before_, totals_.before);
  Finish(*after_, totals_.after);
  totals_.classes = NameRows(classes_);
  totals_.routes = NameRows(routes_);
  totals_.teams = NameRows(teams_);
  totals_.targets = NameRows(targets_);
  for (const auto& [move, count] : moves_) {
    totals_.moves[{names_->Text(move.first), names_->Text(move.second)}] = count;
  }
  for (NameId id = 0; id < times_.size(); ++id) {
    if (times_[id].duration.samples() > 0) totals_.recorded.emplace(names_->Text(id), times_[id]);
  }
  return std::move(totals_);
}

}  // namespace headgate::routing
