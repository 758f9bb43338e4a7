#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "backends/net/types.h"
#include "config/base/split_mix.h"
#include "config/failover.h"
#include "gateway/attempt/attempt_failure.h"
#include "gateway/failover/attempt_plan.h"
#include "gateway/failover/commit_policy.h"
#include "gateway/failover/hedge_budget.h"
#include "gateway/failover/resume_rule.h"
#include "gateway/failover/retry_budget.h"
#include "gateway/proxy/retry_rule.h"

namespace headgate::gateway {

// Decides what a request does next: send, ask the same target again, move on, start a hedge, hold,
// commit, resume a broken stream, or end (docs/operations.md, "When things fail"). Sans-I/O: the
// driver reports what happened and carries out steps. Times and random numbers are passed in.
// Worker-bound.
//
// Before commit any attempt can be replaced (Start, OnSilence, OnFirstToken, OnHeld, OnFailure).
// After commit a broken stream either goes on at another target or ends with an error (OnBroken,
// OnResumeFailed).
class AttemptMachine {
 public:
  enum class Kind : std::uint8_t {
    kSend,         // an attempt at plan[plan_index]
    kReturn,       // the refusal of the backend, or of its translation, is the client's fault: it
                   // goes to the client. Of a hedge: it does so if the first attempt fails too
    kGiveUp,       // nothing is left to try
    kRateLimited,  // every target that is left is at its provider's limit, the first for `wait`
    kWait,         // nothing: what runs goes on
    kStartHedge,   // an attempt at plan[plan_index], beside the one that runs
    kHold,    // keep the answer of plan[plan_index] back; call OnHeld after `wait` if it is not
              // 0, when more has come and at its end
    kCommit,  // send the answer of plan[plan_index] to the client
    kResume,  // continue the broken stream at plan[plan_index]
    kFail,    // end the stream with an error
  };
  // Which of two attempts that run at once. If one alone runs, it is kFirst, however it began.
  enum class Racer : std::uint8_t { kFirst, kHedge };
  struct Step {
    Kind kind = Kind::kGiveUp;
    std::size_t plan_index = 0;
    bool same_target = false;        // avoid the replica that has just failed
    bool no_stream_options = false;  // without stream_options, which was refused
    bool insist = false;             // even if a slow start would leave it to another target
    bool last = false;               // no other queue is left: worth any wait for a slot
    bool front = false;              // its slot was taken away: it waits before others of its band
    std::chrono::milliseconds wait{0};     // before sending; of kHold: until it may commit
    bool cancel_other = false;             // end the other racer: it has lost
    NoResume no_resume = NoResume::kNone;  // of kFail: why the stream does not go on
  };

  // A backend's Retry-After of up to this is waited for where no other target is as good. With a
  // longer wait the request moves to the next target.
  static constexpr std::chrono::milliseconds kLongestWait = kLongestRetryAfter;
  // How often one stream is resumed at most.
  static constexpr int kMostResumes = 3;

  using Plan = AttemptPlan::Steps;
  struct Rules {
    TimePoint now;       // the first step is decided for this time
    TimePoint deadline;  // the end of the whole request
    config::Failover failover;
    // The silence after which OnSilence is due; nullopt: the request is not hedged (HedgeDelay).
    std::optional<std::chrono::milliseconds> hedge_delay;
    std::uint64_t seed = 0;  // of the jitter
  };
  AttemptMachine(Plan plan, const Rules& rules);
  // With the defaults of a route.
  AttemptMachine(Plan plan, TimePoint deadline);

  Step Start() const { return start_; }

  // The request may take longer: it has waited in a queue where its time does not run.
  void MoveDeadline(TimePoint deadline) { deadline_ = deadline; }

  // Says how the backend of a planned target does now. Moves to a failing target are drawn from the
  // budget, other moves are free. AttemptFailure::leaves_for is paid for.
  void NoteFailing(std::size_t plan_index, bool failing) { plan_.NoteFailing(plan_index, failing); }
  // Returns whether the request, while it waits for a slot of the target of the last step, may
  // leave that queue for plan[plan_index]: the target was not asked, it suits the request, it has
  // another queue, and it is not at its provider's limit for long.
  bool MayLeaveFor(std::size_t plan_index, TimePoint now) const {
    const bool suits = committed_ ? !has_text_ || plan_[plan_index].prefill : MayFollow(plan_index);
    return suits && plan_.MayLeaveFor(plan_index, at_, Asked(), now + kLongestWait);
  }
  // An attempt has failed before commit, also while it was held; or its target was passed over.
  // While two run: returns kWait if the other goes on, kStartHedge for a hedge in place of the one
  // that failed, or kReturn.
  Step OnFailure(const AttemptFailure& failure, RetryBudget& budget, TimePoint now,
                 Racer who = Racer::kFirst);

  // The first attempt has been silent for hedge_delay(). Returns kStartHedge or kWait.
  Step OnSilence(HedgeBudget& budget, TimePoint now);
  std::optional<std::chrono::milliseconds> hedge_delay() const { return hedge_delay_; }

  // The first token of an attempt has come; of a non-streamed answer, the whole answer. The first
  // racer wins, and the target of the other may be asked again. Returns kHold or kCommit.
  Step OnFirstToken(TimePoint now, Racer who = Racer::kFirst);
  // Time has passed, or more has come, since kHold. `bytes`: of the answer, that are held.
  // `complete`: it has ended, whole. Returns kHold or kCommit.
  Step OnHeld(std::size_t bytes, bool complete, TimePoint now) {
    return Judge({.first_token = first_token_, .bytes = bytes, .complete = complete}, now);
  }
  const CommitPolicy& commit_policy() const { return commit_; }

  // A stream has broken after kCommit. Returns kResume or kFail. Not for a stream that a drain or
  // the client has ended.
  Step OnBroken(backends::AttemptResult result, const ResumeFacts& facts, TimePoint now);
  // The attempt of kResume has failed before it added anything, or was not made. Returns kResume or
  // kFail.
  Step OnResumeFailed(const AttemptFailure& failure, const ResumeFacts& facts, RetryBudget& budget,
                      TimePoint now);

 private:
  // Which targets may follow the one that failed. kOtherReader: any, since another may read the
  // documents that it refused.
  enum class Onward : std::uint8_t { kAny, kLargerContext, kOtherReader, kUntranslated };

  // Whether the target of the last step was asked before that step.
  bool Asked() const {
    return retries_ > 0 || no_stream_options_ || (committed_ && at_ == broken_at_);
  }
  Step BackInLine(TimePoint now) const;
  Step OnPassedOver(const AttemptFailure& failure, RetryBudget& budget, TimePoint now);
  Step OnRefusal(const AttemptFailure& failure, RetryBudget& budget, TimePoint now);
  Step OnRacerFailure(const AttemptFailure& failure, TimePoint now, Racer who);
  Step OnHedgeFailure(const AttemptFailure& failure, TimePoint now);
  void NotePassedOver(std::size_t plan_index, const AttemptFailure& failure) {
    NoteQueue(plan_index, failure);
    if (plan_index == at_ && Asked()) {  // it has failed, so it is not asked again
      if (held_back_ == at_) held_back_.reset();
      return;
    }
    if (failure.limited_until) return plan_.Limit(plan_index, *failure.limited_until);
    plan_.PassOver(plan_index, failure.full || failure.queue_full);
    if ((failure.held_back || failure.full) && !held_back_) held_back_ = plan_index;
  }
  // A racer at this target was moved aside. It has not failed, so it may be asked again.
  void NoteMoved(std::size_t plan_index) {
    plan_.GiveBack(plan_index, /*last=*/false);
    moved_from_ = plan_index;
    if (held_back_ != plan_index) return;
    held_back_.reset();
    came_back_ = false;
  }
  // The request has left the queue of the target, or was turned away there.
  void NoteQueue(std::size_t plan_index, const AttemptFailure& failure) {
    if (failure.full || failure.queue_full) plan_.PutQueueLast(plan_index);
    turned_away_ = turned_away_ || failure.queue_full;
  }
  Step LeaveFor(std::size_t plan_index, TimePoint now);
  std::optional<std::size_t> NextForHedge(TimePoint now) const;
  Step HedgeAt(std::size_t plan_index);
  // Makes the hedge the first attempt.
  void FollowHedge();
  void EndRace(Racer winner);
  // The next three return kSend, or how the request ends.
  Step Next(RetryBudget& budget, TimePoint now);
  Step AtTheEnd(TimePoint now);
  // Whether the target that was left because of its slow start or its busy slots is asked after
  // all. What another target could not be told or read says nothing about it.
  bool MayComeBack() const {
    return held_back_ && !came_back_ && plan_.MayTryMore() &&
           (onward_ != Onward::kLargerContext || plan_.HasLargerContext(*held_back_, too_small_));
  }
  Step ComeBack(TimePoint now);
  Step SendTo(std::size_t plan_index, TimePoint now);
  std::optional<std::size_t> NextInLine(TimePoint now) const;
  bool MayFollow(std::size_t plan_index) const;
  std::optional<Step> RetrySameTarget(const AttemptFailure& failure, RetryBudget& budget,
                                      TimePoint now);
  // Whether another target is left. A target at its provider's limit for long is no way out.
  bool HasNext(TimePoint now) const {
    const std::optional<std::size_t> next = committed_ ? NextForResume(now) : plan_.Next(now);
    return next && plan_[*next].busy_until <= now + kLongestWait;
  }
  // Whether no target is left for which the request may leave the queue of this one.
  bool IsLast(TimePoint now) const {
    for (std::size_t i = 0; i < plan_.size(); ++i) {
      if (MayLeaveFor(i, now)) return false;
    }
    return true;
  }
  void MoveTo(std::size_t plan_index) {
    plan_.Take(plan_index);
    at_ = plan_index;
    retries_ = 0;
    no_stream_options_ = false;
  }
  Step Judge(const CommitPolicy::Held& held, TimePoint now);
  Step ResumeElsewhere(TimePoint now);
  Step ResumeAt(std::size_t plan_index, TimePoint now);
  std::optional<std::size_t> NextForResume(TimePoint now) const {
    return has_text_ ? plan_.NextForResume(broken_at_, now) : plan_.Next(now);
  }
  Step Fail(NoResume why) const {
    return {.kind = Kind::kFail, .plan_index = at_, .no_resume = why};
  }

  AttemptPlan plan_;
  TimePoint deadline_;
  const config::Attempts attempts_;
  const CommitPolicy commit_;
  const bool resume_;
  const std::optional<std::chrono::milliseconds> hedge_delay_;
  config::SplitMix64 random_;

  std::size_t at_ = 0;
  Onward onward_ = Onward::kAny;
  std::size_t too_small_ = 0;              // the target that the request did not fit into
  std::optional<std::size_t> held_back_;   // the first target that a slow start left to others
  bool came_back_ = false;                 // to held_back_, because the others failed
  std::optional<std::size_t> left_for_;    // the latest target that a queue was left for
  int retries_ = 0;                        // further tries of the target at_
  bool no_stream_options_ = false;         // the target at_ has been asked without stream_options
  bool called_ = false;                    // a backend was asked and failed
  bool turned_away_ = false;               // by a queue
  std::optional<std::size_t> hedge_at_;    // the target of the hedge that runs
  bool hedge_without_options_ = false;     // it has been asked without stream_options
  std::optional<std::size_t> moved_from_;  // the target at which a racer was moved aside
  bool hedged_ = false;                    // a hedge has begun, or was not permitted
  TimePoint first_token_{};                // of the answer that is held
  bool committed_ = false;
  std::optional<std::size_t> broken_at_;  // the target whose stream broke, if it may go on there
  bool has_text_ = false;                 // the client has, of the stream that broke
  int resumes_ = 0;                       // continuations that were asked for
  Step start_;
};

}  // namespace headgate::gateway
