#include "gateway/failover/attempt_plan.h"

#include <limits>
#include <utility>

#include "routing/policy/policy.h"

namespace headgate::gateway {

AttemptPlan::AttemptPlan(Steps steps, std::optional<int> most_targets)
    : steps_(std::move(steps)),
      marks_(steps_.size(), Mark::kLeft),
      most_targets_(most_targets ? static_cast<std::size_t>(*most_targets)
                                 : std::numeric_limits<std::size_t>::max()) {}

template <typename Fits>
std::optional<std::size_t> AttemptPlan::First(Fits fits) const {
  if (!MayTryMore()) return std::nullopt;
  for (const Mark mark : {Mark::kLeft, Mark::kLeftAsLast}) {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (marks_[i] == mark && fits(i)) return i;
    }
  }
  return std::nullopt;
}

template <typename Fits>
std::optional<std::size_t> AttemptPlan::FirstFree(Fits fits) const {
  std::optional<std::size_t> earliest = First(fits);
  if (!earliest) return std::nullopt;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (!IsLeft(i) || !fits(i)) continue;
    if (steps_[i].busy_until < steps_[*earliest].busy_until) earliest = i;
  }
  return earliest;
}

std::optional<std::size_t> AttemptPlan::Next(TimePoint now) const {
  const std::optional<std::size_t> free = First([&](std::size_t i) { return IsFree(i, now); });
  return free ? free : FirstFree([](std::size_t) { return true; });
}

bool AttemptPlan::HasLargerContext(std::size_t index, std::size_t tried) const {
  const std::int64_t context = steps_[index].context;
  return context == 0 || context > steps_[tried].context;
}

std::optional<std::size_t> AttemptPlan::NextWithLargerContext(std::size_t tried) const {
  return First([&](std::size_t i) { return HasLargerContext(i, tried); });
}

std::optional<std::size_t> AttemptPlan::NextUntranslated() const {
  return First([&](std::size_t i) { return !steps_[i].translated || steps_[i].spilled; });
}

std::optional<std::size_t> AttemptPlan::NextForResume(std::optional<std::size_t> broken,
                                                      TimePoint now) const {
  const auto continues = [&](std::size_t i) { return steps_[i].prefill; };
  const std::optional<std::size_t> other =
      First([&](std::size_t i) { return continues(i) && IsFree(i, now); });
  if (other) return other;
  if (broken && continues(*broken) && steps_[*broken].replicas > 1) return broken;
  return FirstFree(continues);
}

bool AttemptPlan::MayLeaveFor(std::size_t index, std::size_t from, bool asked,
                              TimePoint until) const {
  const std::size_t tried = asked || !IsTaken(from) ? tried_ : tried_ - 1;
  const bool has_not_failed = IsLeft(index) || marks_[index] == Mark::kFull;
  return tried < most_targets_ && has_not_failed && steps_[index].busy_until <= until &&
         !routing::IsSameQueue(steps_[index].queue, steps_[from].queue);
}

void AttemptPlan::Take(std::size_t index) {
  if (marks_[index] != Mark::kTaken) ++tried_;
  marks_[index] = Mark::kTaken;
}

void AttemptPlan::PassOver(std::size_t index, bool full) {
  if (marks_[index] == Mark::kTaken) --tried_;
  marks_[index] = full ? Mark::kFull : Mark::kPassedOver;
}

void AttemptPlan::GiveBack(std::size_t index, bool last) {
  if (marks_[index] == Mark::kTaken) --tried_;
  marks_[index] = last ? Mark::kLeftAsLast : Mark::kLeft;
}

void AttemptPlan::Limit(std::size_t index, TimePoint until) {
  constexpr std::chrono::seconds kTooLong(3);  // more than kLongestRetryAfter
  PlanStep& step = steps_[index];
  step.busy_until = step.limited ? until + kTooLong : until;
  step.limited = true;
  GiveBack(index, /*last=*/false);
}

void AttemptPlan::PutQueueLast(std::size_t index) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const bool same = i != index && routing::IsSameQueue(steps_[i].queue, steps_[index].queue);
    if (same && IsLeft(i)) marks_[i] = Mark::kLeftAsLast;
  }
}

void AttemptPlan::ForgetPassedOver() {
  for (Mark& mark : marks_) {
    if (mark == Mark::kPassedOver || mark == Mark::kFull) mark = Mark::kLeft;
  }
}

}  // namespace headgate::gateway
