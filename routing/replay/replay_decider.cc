#include "routing/replay/replay_decider.h"

#include <algorithm>
#include <cstddef>

#include "routing/decide/spill.h"

namespace headgate::routing {
namespace {

constexpr std::int64_t kMicrosASecond = 1'000'000;

// `where` of a kFact cause without a pattern: the policy does not have the request's topic.
constexpr std::uint32_t kTopicIsUnknown = ~std::uint32_t{0};

bool HasRoute(Outcome outcome) {
  return outcome == Outcome::kPlanned || outcome == Outcome::kNoTarget;
}

bool IsCrowded(const Candidate& candidate) {
  return candidate.slots > 0 && candidate.in_flight >= candidate.slots;
}

}  // namespace

ReplayNames::Id ReplayNames::Of(const std::string& name) {
  const auto [known, added] = ids_.try_emplace(name, static_cast<Id>(texts_.size()));
  if (added) texts_.push_back(name);
  return known->second;
}

ReplayRecording::ReplayRecording(const RecordedPolicy& recorded, ReplayNames& names) {
  for (const RecordedTarget& target : recorded.targets) {
    targets.push_back(names.Of(target.name));
    prices.push_back(ReplayPrice::Of(target));
  }
  for (const std::string& name : recorded.routes) routes.push_back(names.Of(name));
  for (const std::string& name : recorded.classes) classes.push_back(names.Of(name));
  for (const RecordedKey& key : recorded.keys) {
    teams.push_back(names.Of(key.team));
    keys.push_back(names.Of(key.name));
  }
  for (const std::string& name : recorded.topics) topics.push_back(names.Of(name));
}

ReplayChoice RecordedChoice(const RecordedRequest& record, const ReplayRecording& recording) {
  ReplayChoice choice;
  choice.outcome = record.outcome;
  const auto custom_class = static_cast<std::size_t>(record.input.classification.request_class);
  choice.request_class = recording.classes[custom_class];
  if (HasRoute(record.outcome)) choice.route = recording.routes[record.route];
  if (record.outcome == Outcome::kPlanned) {
    const std::size_t target = record.SentTo();
    choice.target = recording.targets[target];
    choice.price = &recording.prices[target];
    choice.crowded = IsCrowded(record.input.candidates[target]);
    choice.wait_us = record.queued_us;
  }
  if (record.spilled_from) {
    choice.spilled_from = recording.targets[*record.spilled_from];
  } else if (!record.left.empty()) {
    choice.spilled_from = recording.targets[record.left.front()];
  }
  return choice;
}

ReplayDecider::ReplayDecider(const CompiledPolicy& policy, ReplayNames& names)
    : policy_(policy), names_(names), patterns_(policy), not_known_(names.Of("not known")) {
  for (const Target& target : policy.targets()) {
    by_name_.emplace(names.Of(target.name), targets_.size());
    targets_.push_back(names.Of(target.name));
    prices_.push_back(ReplayPrice::Of(target));
  }
  for (const CompiledRoute& route : policy.routes()) routes_.push_back(names.Of(route.name));
  for (const std::string& name : policy.class_names()) classes_.push_back(names.Of(name));
}

const ReplayPrice* ReplayDecider::Find(ReplayNames::Id target) const {
  const auto found = by_name_.find(target);
  return found == by_name_.end() ? nullptr : &prices_[found->second];
}

Undecided ReplayDecider::Because(Undecided why, std::uint32_t what) {
  causes_.push_back({why, 0, what});
  return why;
}

// The key decides which hints are trusted, so the key is the cause.
Undecided ReplayDecider::HintsOf(const RecordedRequest& record, const ReplayRecording& recording) {
  return Because(Undecided::kHints, record.input.key ? recording.keys[*record.input.key] : 0);
}

Undecided ReplayDecider::TargetsOf(const RecordTranslation& translation) {
  for (const PlannedTarget& planned : decision_.plan) {
    if (translation.IsRecorded(planned.target)) continue;
    Because(Undecided::kTarget, targets_[planned.target]);
  }
  return Undecided::kTarget;
}

std::string ReplayDecider::NameOf(const UndecidedCause& cause) const {
  if (cause.why == Undecided::kFact && cause.where != kTopicIsUnknown) {
    return patterns_.PatternOf(cause);
  }
  return cause.what == 0 ? std::string("no key") : names_.Text(cause.what);
}

std::string ReplayDecider::LocationOf(const UndecidedCause& cause) const {
  if (cause.why != Undecided::kFact) return {};
  return cause.where == kTopicIsUnknown ? "topic" : patterns_.LocationOf(cause);
}

Undecided ReplayDecider::Decide(const RecordedRequest& record, const ReplayRecording& recording,
                                const RecordTranslation& translation, ReplayChoice& choice) {
  causes_.clear();
  const Undecided undecided = DecideOne(record, recording, translation, choice);
  if (undecided == Undecided::kNo) causes_.clear();
  Follow(record, recording, undecided, choice);
  return undecided;
}

Undecided ReplayDecider::DecideOne(const RecordedRequest& record, const ReplayRecording& recording,
                                   const RecordTranslation& translation, ReplayChoice& choice) {
  possible_.clear();
  switch (translation.Translate(record, input_)) {
    case RecordTranslation::Result::kOk:
      possible_.push_back(input_.classification.request_class);
      break;
    case RecordTranslation::Result::kUnknownKey:
      return Because(Undecided::kKey, recording.keys[*record.input.key]);
    case RecordTranslation::Result::kUnknownHints:
      return HintsOf(record, recording);
    case RecordTranslation::Result::kUnknownTopic: {
      const auto topic = static_cast<std::size_t>(record.input.classification.topic);
      causes_.push_back({Undecided::kFact, kTopicIsUnknown, recording.topics[topic]});
      return Undecided::kFact;
    }
    case RecordTranslation::Result::kUnknownFact:
      PossibleClasses(policy_, input_, possible_);
      break;
  }
  pools_.Change(policy_, record, input_);
  const Entry* const conversation = FindConversation(record);
  if (conversation != nullptr) Continue(*conversation);
  for (const Class possible : possible_) {
    input_.classification.request_class = possible;
    ReplayChoice one;
    const Undecided undecided = DecideAs(record, recording, translation, conversation, one);
    if (undecided != Undecided::kNo) return undecided;
    if (possible == possible_.front()) {
      choice = one;
      continue;
    }
    if (one.outcome != choice.outcome || one.target != choice.target) {
      patterns_.AddOfClasses(input_, decision_.input_tokens, causes_);
      return Undecided::kFact;
    }
    choice.request_class = not_known_;
    if (one.route != choice.route) choice.route = not_known_;
  }
  if (choice.target != 0) TakeNewSlot(record, recording, by_name_.at(choice.target));
  return Undecided::kNo;
}

// A request that was answered there holds the new slot until it got its own slot then.
void ReplayDecider::TakeNewSlot(const RecordedRequest& record, const ReplayRecording& recording,
                                std::size_t target) {
  std::optional<std::int64_t> only_us;
  const RecordedCall* const answer = AnswerOf(record);
  if (answer != nullptr && recording.targets[answer->target] == targets_[target]) {
    only_us = std::min(record.queued_us.value_or(0), answer->duration_us);
  }
  pools_.Take(policy_, input_, target, only_us);
}

void ReplayDecider::Continue(const Entry& conversation) {
  const auto known = by_name_.find(conversation.target);
  const bool stays = conversation.state == Entry::State::kTarget && known != by_name_.end() &&
                     conversation.topic == input_.classification.topic;
  input_.conversation_target = stays ? std::optional(known->second) : std::nullopt;
}

// The place in the plan of the target that the request is sent to, after the queues that it leaves,
// and its wait. What happened shows them, else the predicted waits do. A request that stays in the
// one queue where it waited then waits as long as then. With fewer slots it goes at least as far as
// then, and waits at least as long.
ReplayedWait ReplayDecider::WaitOf(const RecordedRequest& record,
                                   const ReplayRecording& recording) const {
  const std::int64_t recorded_us = record.queued_us.value_or(0);
  const std::optional<std::size_t> recorded = RecordedPlace(record, recording);
  const auto has_fewer = [this](const PlannedTarget& planned) {
    return pools_.At(planned.target) == SlotChange::kFewer;
  };
  const auto& plan = decision_.plan;
  const auto end = plan.begin() + static_cast<std::ptrdiff_t>(recorded.value_or(0) + 1);
  const bool as_recorded = recorded && std::none_of(plan.begin(), end, has_fewer);
  if (as_recorded) return {.place = *recorded, .us = recorded_us};
  ReplayedWait wait = WaitPredicted(policy_, input_, decision_);
  if (recorded && *recorded > wait.place) return {.place = *recorded, .us = recorded_us};
  const std::size_t first = plan.front().target;
  const bool same_queue = wait.place == 0 && record.outcome == Outcome::kPlanned &&
                          record.left.empty() && pools_.At(first) != SlotChange::kFreed &&
                          targets_[first] == recording.targets[record.target];
  if (same_queue) {
    wait.us = has_fewer(plan.front()) ? std::max(wait.us, recorded_us) : recorded_us;
  }
  return wait;
}

// The place of the target that the request was sent to. It counts if the rule of the route is the
// recorded one, and the targets before it are those that the request left, in that order, without
// new slots that are free. Full targets between them do not count: the request passed them by.
// Nullopt otherwise.
std::optional<std::size_t> ReplayDecider::RecordedPlace(const RecordedRequest& record,
                                                        const ReplayRecording& recording) const {
  const std::vector<PlannedTarget>& plan = decision_.plan;
  const config::Spill& spill = policy_.routes()[decision_.route].spill;
  const bool same = record.outcome == Outcome::kPlanned && HasSameSpill(record, spill) &&
                    targets_[plan.front().target] == recording.targets[record.target];
  if (!same) return std::nullopt;
  const ReplayNames::Id sent_to = recording.targets[record.SentTo()];
  auto left = record.left.begin();
  for (std::size_t place = 0; place < plan.size(); ++place) {
    const std::size_t target = plan[place].target;
    if (pools_.At(target) == SlotChange::kFreed) return std::nullopt;
    if (targets_[target] == sent_to) return place;
    if (left != record.left.end() && targets_[target] == recording.targets[*left]) {
      ++left;
    } else if (TakesSpilled(spill, policy_.targets()[target], input_.candidates[target],
                            input_.slo_ttft_ms)) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// Decides for the class that `input_` has.
Undecided ReplayDecider::DecideAs(const RecordedRequest& record, const ReplayRecording& recording,
                                  const RecordTranslation& translation, const Entry* conversation,
                                  ReplayChoice& choice) {
  routing::Decide(policy_, input_, decision_);
  if (decision_.undecided) {
    patterns_.AddOfRoutes(input_, decision_.input_tokens, causes_);
    return Undecided::kFact;
  }
  if (translation.DependsOnUnrecordedTarget(decision_)) return TargetsOf(translation);
  if (conversation != nullptr && conversation->state == Entry::State::kUnknown &&
      decision_.plan.size() > 1) {
    return Undecided::kConversation;
  }
  choice.decider = this;
  choice.outcome = decision_.outcome;
  choice.request_class = classes_[static_cast<std::size_t>(input_.classification.request_class)];
  if (HasRoute(decision_.outcome)) choice.route = routes_[decision_.route];
  if (decision_.outcome != Outcome::kPlanned) return Undecided::kNo;
  const auto [place, wait_us] = WaitOf(record, recording);
  const std::size_t target = decision_.plan[place].target;
  if (place > 0 && !translation.IsRecorded(target)) return TargetsOf(translation);
  choice.target = targets_[target];
  choice.price = &prices_[target];
  choice.crowded = IsCrowded(input_.candidates[target]);
  if (record.queued_us) choice.wait_us = wait_us;
  choice.conversation_rerouted = conversation != nullptr;
  if (decision_.spilled_from) {
    choice.spilled_from = targets_[*decision_.spilled_from];
  } else if (place > 0) {
    choice.spilled_from = targets_[decision_.plan.front().target];
  }
  return Undecided::kNo;
}

const ReplayDecider::Entry* ReplayDecider::FindConversation(const RecordedRequest& record) {
  if (!record.conversation) return nullptr;
  return conversations_.Find(*record.conversation, record.input.unix_seconds,
                             record.input.conversation_target.has_value());
}

void ReplayDecider::Follow(const RecordedRequest& record, const ReplayRecording& recording,
                           Undecided undecided, const ReplayChoice& choice) {
  if (!record.conversation) return;
  const RecordedCall* const answer = AnswerOf(record);
  Entry entry{.state = Entry::State::kUnknown,
              .topic = record.input.classification.topic,
              .used = record.input.unix_seconds};
  if (answer != nullptr) entry.used += answer->duration_us / kMicrosASecond;
  if (undecided != Undecided::kNo) {
    conversations_.Set(*record.conversation, entry);
    return;
  }
  const bool planned_then = record.outcome == Outcome::kPlanned;
  const bool same_target =
      choice.target == (planned_then ? recording.targets[record.SentTo()] : 0) ||
      (answer != nullptr && choice.target == recording.targets[answer->target]);
  // Without an answer the conversation stays where this policy had it.
  if (same_target && answer == nullptr) return;
  const bool came_back = same_target && CameBack(record);
  const bool binds = choice.spilled_from == 0 || came_back;
  if (same_target && binds == BoundWhenRecorded(record)) {
    // A conversation that spills as recorded stays where this policy had it.
    if (binds) conversations_.AsRecorded(*record.conversation);
    if (binds || FindConversation(record) == nullptr) return;
  }
  if (choice.target != 0) {
    std::optional<ReplayNames::Id> place;
    if (binds) {
      place = same_target ? recording.targets[answer->target] : choice.target;
    } else if (input_.conversation_target) {  // the old place stays
      place = targets_[*input_.conversation_target];
    }
    entry.state = place ? Entry::State::kTarget : Entry::State::kNowhere;
    entry.target = place.value_or(0);
    conversations_.Set(*record.conversation, entry);
    return;
  }
  // This policy refuses the request, so the conversation stays where it was before.
  if (answer == nullptr || FindConversation(record) != nullptr) return;
  const std::optional<std::size_t>& before = record.input.conversation_target;
  entry.state = before ? Entry::State::kTarget : Entry::State::kNowhere;
  if (before) entry.target = recording.targets[*before];
  conversations_.Set(*record.conversation, entry);
}

}  // namespace headgate::routing
