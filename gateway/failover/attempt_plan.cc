#include "gateway/failover/attempt_plan.h"

#include <limits>
#include <utility>

namespace headgate::gateway {

AttemptPlan::AttemptPlan(Steps steps, std::optional<int> most_targets)
    : steps_(std::move(steps)),
      taken_(steps_.size(), false),
      most_targets_(most_targets ? static_cast<std::size_t>(*most_targets)
                                 : std::numeric_limits<std::size_t>::max()) {}

template <typename Fits>
std::optional<std::size_t> AttemptPlan::First(Fits fits) const {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (IsLeft(i) && fits(steps_[i])) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> AttemptPlan::Next(TimePoint now) const {
  const auto is_free = [&](const PlanStep& step) { return step.busy_until <= now; };
  if (const std::optional<std::size_t> free = First(is_free)) return free;
  std::optional<std::size_t> earliest;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (!IsLeft(i)) continue;
    if (!earliest || steps_[i].busy_until < steps_[*earliest].busy_until) earliest = i;
  }
  return earliest;
}

bool AttemptPlan::HasLargerContext(std::size_t index, std::size_t tried) const {
  const std::int64_t context = steps_[index].context;
  return context == 0 || context > steps_[tried].context;
}

std::optional<std::size_t> AttemptPlan::NextWithLargerContext(std::size_t tried) const {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (IsLeft(i) && HasLargerContext(i, tried)) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> AttemptPlan::NextUntranslated() const {
  return First([](const PlanStep& step) { return !step.translated; });
}

std::optional<std::size_t> AttemptPlan::NextForResume(std::size_t broken, TimePoint now) const {
  const std::optional<std::size_t> other =
      First([&](const PlanStep& step) { return step.prefill && step.busy_until <= now; });
  if (other) return other;
  const PlanStep& same = steps_[broken];
  if (same.prefill && same.replicas > 1) return broken;
  return std::nullopt;
}

void AttemptPlan::PassOver(std::size_t index) {
  if (taken_[index]) --tried_;
  taken_[index] = true;
}

void AttemptPlan::Take(std::size_t index) {
  if (!taken_[index]) ++tried_;
  taken_[index] = true;
}

}  // namespace headgate::gateway
