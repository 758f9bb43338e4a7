#include "routing/replay/replay_tally.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "policy/money/cost.h"
#include "policy/money/rent_terms.h"

namespace headgate::routing {
namespace {

__extension__ using Wide = __int128;
constexpr Wide kMicrosAnHour = 3'600'000'000;

NanoUsd RentOf(Wide nano_per_hour_times_micros) {
  return static_cast<NanoUsd>((nano_per_hour_times_micros + kMicrosAnHour / 2) / kMicrosAnHour);
}

// Adds the recorded times of a target, weighted by the number of its answers, after a wait.
void Mix(const ReplayTarget& times, std::uint64_t streamed, std::uint64_t all, std::int64_t wait_us,
         ReplayTimes& out) {
  const auto mix = [wait_us](const DurationHistogram& recorded, std::uint64_t answers,
                             DurationHistogram& expected, ReplayCoverage& coverage) {
    expected.Mix(recorded, static_cast<double>(answers), wait_us);
    (recorded.samples() > 0 ? coverage.known : coverage.unknown) += answers;
  };
  mix(times.ttft, streamed, out.ttft, out.ttft_coverage);
  mix(times.duration, all, out.duration, out.duration_coverage);
}

}  // namespace

// The target that a call counts for on one side. `rerouted`: it was recorded at another target.
// `ended`: seconds since 1970.
struct ReplayTally::CalledTarget {
  NameId target = 0;
  const ReplayPrice* price = nullptr;
  bool rerouted = false;
  std::int64_t ended = 0;
};

void ReplayTally::Resize(std::size_t names) {
  answers_.resize(names);
  routes_.resize(names);
  classes_.resize(names);
  crowded_.resize(names);
}

// `call` is the answer that this target gave when it was recorded; null if another target gave
// it.
void ReplayTally::AddAnswer(const ReplayChoice& choice, NameId target, bool stream,
                            const RecordedCall* call) {
  const std::int64_t wait_us = choice.wait_us.value_or(0);
  answers_[target].Add(stream);
  for (Group* const group : {&all_, &routes_[choice.route], &classes_[choice.request_class]}) {
    if (call == nullptr) {
      group->moved[{target, DurationHistogram::Rounded(wait_us)}].Add(stream);
      continue;
    }
    group->stayed.duration.Add(call->duration_us + wait_us);
    ++group->stayed.duration_coverage.known;
    if (call->ttft_us == 0) continue;
    group->stayed.ttft.Add(call->ttft_us + wait_us);
    ++group->stayed.ttft_coverage.known;
  }
}

void ReplayTally::CountWait(const ReplayChoice& choice) {
  totals_.wait_coverage.Count(choice.wait_us.has_value());
  const std::int64_t wait_us = choice.wait_us.value_or(0);
  if (wait_us == 0) return;
  ++totals_.waited;
  totals_.waited_us += wait_us;
}

void ReplayTally::CountCrowded(const ReplayChoice& choice) {
  if (choice.price == nullptr || choice.price->hosting != config::Hosting::kSelfHosted) return;
  if (choice.crowded) ++crowded_[choice.target];
}

// The cost of one call on this side, paid by the token. Rent is added to the side's own sum.
ReplayTally::Cost ReplayTally::CostOf(const RecordedCall& call, const CalledTarget& called) {
  const ReplayPrice& price = *called.price;
  if (price.hosting == config::Hosting::kSelfHosted) {
    const NanoUsd per_hour = policy::RentAt(*price.slot_rent, called.ended);
    if (!called.rerouted) {
      rent_ += Wide{per_hour} * call.duration_us;
      ++totals_.rent_coverage.known;
    } else {
      Rerouted& rerouted = rerouted_[called.target];
      ++rerouted.count;
      rerouted.rent_per_hour += per_hour;
    }
    return 0;
  }
  if (price.by_token == nullptr) return std::nullopt;
  return policy::CostOf(*price.by_token, call.usage, call.tier, called.ended);
}

// The request is planned on this side, but no answer was recorded that would show its usage.
ReplayTally::Cost ReplayTally::WithoutUsage(const ReplayChoice& choice) {
  ++totals_.without_usage;
  if (choice.price->hosting == config::Hosting::kPaidApi) return std::nullopt;
  ++totals_.rent_coverage.unknown;
  return 0;
}

ReplayTally::Cost ReplayTally::Charge(const RecordedRequest& record,
                                      const ReplayRecording& recording,
                                      const ReplayChoice& choice) {
  const bool planned = choice.outcome == Outcome::kPlanned;
  ++(planned ? totals_.planned : totals_.refused[static_cast<std::size_t>(choice.outcome)]);
  if (planned && record.refused.empty()) CountWait(choice);
  const bool same_first =
      record.outcome == Outcome::kPlanned && choice.target == recording.targets[record.SentTo()];
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
    CalledTarget called =
        stays ? CalledTarget{recorded_target, price != nullptr ? price : &recorded_price, false}
              : CalledTarget{choice.target, choice.price, choice.target != recorded_target};
    called.ended = record.input.unix_seconds + call.ended_after_s;
    const Cost cost = CostOf(call, called);
    if (!call.answered) {
      totals_.failed_cost += cost.value_or(0);
      totals_.failed_cost_coverage.Count(cost || call.usage.IsNothing());
      continue;
    }
    answered = true;
    AddAnswer(choice, called.target, record.input.stream, called.rerouted ? nullptr : &call);
    if (!cost) ++totals_.unpriced;
    answer_cost = cost;
  }
  if (planned && !answered && !same_first) {
    AddAnswer(choice, choice.target, record.input.stream, nullptr);
    answer_cost = WithoutUsage(choice);
  }
  totals_.cost += answer_cost.value_or(0);
  if (planned) totals_.cost_coverage.Count(answer_cost.has_value());
  return answer_cost;
}

ReplaySide ReplayTally::Finish(const std::vector<ReplayTarget>& times,
                               const ReplayNames& names) const {
  ReplaySide out = totals_;
  static_cast<ReplayTimes&>(out) = TimesOf(all_, times);
  for (NameId id = 0; id < answers_.size(); ++id) {
    const Answers& answers = answers_[id];
    if (answers.streamed > 0 && times[id].ttft.samples() == 0) {
      out.targets_without_ttft.push_back(names.Text(id));
    }
    if (answers.all > 0 && times[id].duration.samples() == 0) {
      out.targets_without_duration.push_back(names.Text(id));
    }
    if (crowded_[id] == 0) continue;
    const std::string& target = names.Text(id);
    out.crowded[target.substr(target.find('@') + 1)] += crowded_[id];
  }
  Wide rent = rent_;
  for (const auto& [target, rerouted] : rerouted_) {
    if (times[target].duration.samples() == 0) {
      out.rent_coverage.unknown += rerouted.count;
      continue;
    }
    out.rent_coverage.known += rerouted.count;
    const double median_us = times[target].duration.QuantileMs(0.5) * 1000;
    rent += rerouted.rent_per_hour * std::llround(median_us);
  }
  out.rent = RentOf(rent);
  return out;
}

ReplayTimes ReplayTally::TimesOf(const Group& group, const std::vector<ReplayTarget>& times) {
  ReplayTimes expected = group.stayed;
  for (const auto& [place, answers] : group.moved) {
    const auto& [target, wait_us] = place;
    Mix(times[target], answers.streamed, answers.all, wait_us, expected);
  }
  return expected;
}

std::vector<ReplayTimes> ReplayTally::TimesOf(const std::vector<Group>& groups,
                                              const std::vector<ReplayTarget>& times) {
  std::vector<ReplayTimes> expected;
  expected.reserve(groups.size());
  for (const Group& group : groups) expected.push_back(TimesOf(group, times));
  return expected;
}

std::vector<ReplayTimes> ReplayTally::TimesOfRoutes(const std::vector<ReplayTarget>& times) const {
  return TimesOf(routes_, times);
}

std::vector<ReplayTimes> ReplayTally::TimesOfClasses(const std::vector<ReplayTarget>& times) const {
  return TimesOf(classes_, times);
}

}  // namespace headgate::routing
