#include "routing/replay/replay_charges.h"

#include <algorithm>

#include "policy/money/cost.h"

namespace headgate::routing {
namespace {

bool IsNothing(const policy::Usage& usage) {
  return usage.input == 0 && usage.cached_input == 0 && usage.cache_write == 0 && usage.output == 0;
}

}  // namespace

// Where a call counts on a side; `elsewhere`: it was made at another target in truth.
struct ReplayCharges::Place {
  NameId target = 0;
  const ReplayTariff* tariff = nullptr;
  bool elsewhere = false;
};

void ReplayCharges::Resize(std::size_t names) {
  answers.resize(names);
  routes.resize(names);
  classes.resize(names);
  crowded.resize(names);
}

// `call`: null, or the answer, given at this very target.
void ReplayCharges::AddAnswer(const ReplayChoice& choice, NameId target, bool stream,
                              const RecordedCall* call) {
  answers[target].Add(stream);
  for (Group* const group : {&routes[choice.route], &classes[choice.request_class]}) {
    if (call == nullptr) {
      group->moved[target].Add(stream);
      continue;
    }
    group->stayed.duration.Add(call->duration_us);
    ++group->stayed.of_duration.known;
    if (call->ttft_us == 0) continue;
    group->stayed.ttft.Add(call->ttft_us);
    ++group->stayed.of_ttft.known;
  }
}

// What ran when the request came is recorded by target, for its whole backend; the slots are those
// of the side's own policy, or of the recording.
void ReplayCharges::CountCrowded(const RecordedRequest& record, const ReplayRecording& recording,
                                 const ReplayChoice& choice) {
  if (choice.tariff == nullptr || choice.tariff->hosting != config::Hosting::kSelfHosted) return;
  const auto found = std::find(recording.targets.begin(), recording.targets.end(), choice.target);
  if (found == recording.targets.end()) return;
  const auto index = static_cast<std::size_t>(found - recording.targets.begin());
  const Candidate& recorded = record.input.candidates[index];
  std::int64_t slots = recorded.slots;
  if (choice.decider != nullptr) slots = choice.decider->SlotsOf(choice.target).value_or(slots);
  if (slots > 0 && recorded.in_flight >= slots) ++crowded[choice.target];
}

// What one call costs on this side, paid by the token; rent goes to the side's own sum.
ReplayCharges::Cost ReplayCharges::Price(const RecordedCall& call, const Place& place) {
  const ReplayTariff& tariff = *place.tariff;
  if (tariff.hosting == config::Hosting::kSelfHosted) {
    if (!place.elsewhere) {
      rent += RentProduct{tariff.rent_per_slot_hour} * call.duration_us;
      ++totals.of_rent.known;
    } else {
      Elsewhere& other = elsewhere[place.target];
      ++other.count;
      other.rent_per_slot_hour = tariff.rent_per_slot_hour;
    }
    return 0;
  }
  if (tariff.prices == nullptr) return std::nullopt;
  return policy::CostOf(*tariff.prices, call.usage, call.tier);
}

// Planned here, and the record has no answer to go by.
ReplayCharges::Cost ReplayCharges::WithoutUsage(const ReplayChoice& choice) {
  ++totals.without_usage;
  if (choice.tariff->hosting == config::Hosting::kPaidApi) return std::nullopt;
  ++totals.of_rent.unknown;
  return 0;
}

ReplayCharges::Cost ReplayCharges::Charge(const RecordedRequest& record,
                                          const ReplayRecording& recording,
                                          const ReplayChoice& choice) {
  const bool planned = choice.outcome == Outcome::kPlanned;
  ++(planned ? totals.planned : totals.refused[static_cast<std::size_t>(choice.outcome)]);
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
    const Cost cost = Price(call, place);
    if (!call.answered) {
      totals.failed_cost += cost.value_or(0);
      Count(cost || IsNothing(call.usage), totals.of_failed_cost);
      continue;
    }
    answered = true;
    AddAnswer(choice, place.target, record.input.stream, place.elsewhere ? nullptr : &call);
    if (!cost) ++totals.unpriced;
    answer_cost = cost;
  }
  if (planned && !answered && !same_first) {
    AddAnswer(choice, choice.target, record.input.stream, nullptr);
    answer_cost = WithoutUsage(choice);
  }
  totals.cost += answer_cost.value_or(0);
  if (planned) Count(answer_cost.has_value(), totals.of_cost);
  return answer_cost;
}

}  // namespace headgate::routing
