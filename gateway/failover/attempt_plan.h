#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/container/inlined_vector.h"
#include "backends/net/types.h"

namespace headgate::gateway {

// What matters of a planned target when the next attempt is chosen.
struct PlanStep {
  std::size_t replicas = 1;
  std::int64_t context = 0;  // tokens; 0 = not known
  bool translated = false;   // its backend does not speak the client's protocol
  bool prefill = false;      // it continues an answer whose beginning it is given
  // The route would rather wait for it, up to AttemptMachine::kLongestWait, than take the next
  // target.
  bool preferred = false;
  bool failing = false;    // most recent attempts at its backend failed (RecentOutcomes)
  bool spilled = false;    // the decision moved it behind others because its slots are busy
  TimePoint busy_until{};  // the limit of its provider is reached until then
  bool limited = false;    // it was reached when the target was to be asked
  std::optional<std::size_t> queue = {};  // in which its requests wait (routing::QueueOf)
};

// The targets of one request in the order of its plan, and which of them have been tried. A target
// at its provider's limit is left out while another target is left. Sans-I/O; worker-bound.
class AttemptPlan {
 public:
  using Steps = absl::InlinedVector<PlanStep, 8>;
  // `most_targets`: how many targets may be tried; nullopt: all.
  AttemptPlan(Steps steps, std::optional<int> most_targets);

  bool empty() const { return steps_.empty(); }
  std::size_t size() const { return steps_.size(); }
  const PlanStep& operator[](std::size_t index) const { return steps_[index]; }

  // The functions that look for a target return its index and do not take it.

  // Returns the first target that is left and not busy; if all that are left are busy, the target
  // that is first free again.
  std::optional<std::size_t> Next(TimePoint now) const;
  // Returns the first target that is left and has a larger context than `tried`.
  std::optional<std::size_t> NextWithLargerContext(std::size_t tried) const;
  bool HasLargerContext(std::size_t index, std::size_t tried) const;
  // Returns the first target that is left and needs no translation, or would come first if its
  // slots were not busy.
  std::optional<std::size_t> NextUntranslated() const;
  // Returns the first target that is left, is not busy and continues a prefix; else `broken` if
  // another replica of it can; else the target that continues a prefix and is first free again.
  std::optional<std::size_t> NextForResume(std::optional<std::size_t> broken, TimePoint now) const;

  // Returns whether a request that waits for the target `from` may leave its queue for this target:
  // it is left, or was passed over as it was full; it has another queue, and is busy until `until`
  // at most. `asked`: `from` has been asked before, so it counts as tried.
  bool MayLeaveFor(std::size_t index, std::size_t from, bool asked, TimePoint until) const;

  // Notes that a target is tried.
  void Take(std::size_t index);
  // Notes that a target is not tried: it is left no more, and does not count. `full`: its slots
  // were busy, or its queue was too long.
  void PassOver(std::size_t index, bool full);
  // Notes that a target was tried, but given no chance to answer: it is left again, and does not
  // count. `last`: it comes behind all others.
  void GiveBack(std::size_t index, bool last);
  // Notes that a target was not asked because the limit of its provider is reached until then: it
  // is left, and does not count. If that is so for the second time, requests that wait for the
  // limit come one after the other, and this one waits no longer.
  void Limit(std::size_t index, TimePoint until);
  // The queue of a target is too long: targets with the same queue come behind all others.
  void PutQueueLast(std::size_t index);
  // Targets that were passed over are left again: what kept them from the answer's beginning says
  // nothing about its rest.
  void ForgetPassedOver();
  bool MayTryMore() const { return tried_ < most_targets_; }
  void NoteFailing(std::size_t index, bool failing) { steps_[index].failing = failing; }
  bool IsTaken(std::size_t index) const { return marks_[index] == Mark::kTaken; }

 private:
  enum class Mark : std::uint8_t { kLeft, kLeftAsLast, kTaken, kPassedOver, kFull };
  bool IsLeft(std::size_t index) const { return marks_[index] < Mark::kTaken; }
  // Returns the first target that is left and for which `fits(index)` holds.
  template <typename Fits>
  std::optional<std::size_t> First(Fits fits) const;
  // Returns, of the same targets, the one that is first free again.
  template <typename Fits>
  std::optional<std::size_t> FirstFree(Fits fits) const;
  bool IsFree(std::size_t index, TimePoint now) const { return steps_[index].busy_until <= now; }

  Steps steps_;
  absl::InlinedVector<Mark, 8> marks_;  // by step
  const std::size_t most_targets_;
  std::size_t tried_ = 0;  // that are marked kTaken
};

}  // namespace headgate::gateway
