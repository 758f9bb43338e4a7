// The steps of AttemptMachine after the commit: how a broken stream goes on.

#include <algorithm>
#include <chrono>

#include "config/base/check.h"
#include "gateway/proxy/attempt_machine.h"

namespace headgate::gateway {

using backends::AttemptResult;
using std::chrono::milliseconds;

AttemptMachine::Step AttemptMachine::OnBroken(AttemptResult result, const ResumeFacts& facts,
                                              TimePoint now) {
  HEADGATE_CHECK(committed_);
  if (!resume_) return Fail(NoResume::kOff);
  const NoResume why = MayResume(facts, result);
  if (why != NoResume::kNone) return Fail(why);
  broken_at_ = at_;
  has_text_ = facts.text_bytes > 0;
  plan_.ForgetPassedOver();
  return ResumeElsewhere(now);
}

// A continuation is an attempt like any other: a passing fault is met at the same target, and what
// was not sent does not count.
AttemptMachine::Step AttemptMachine::OnResumeFailed(const AttemptFailure& failure,
                                                    const ResumeFacts& facts, RetryBudget& budget,
                                                    TimePoint now) {
  HEADGATE_CHECK(committed_ && resumes_ > 0);
  const AttemptResult result = failure.error.result;
  if (result == AttemptResult::kClientGone || now >= deadline_) return Fail(NoResume::kNotBroken);
  has_text_ = facts.text_bytes > 0;
  if (failure.passed_over || failure.untranslatable) {
    --resumes_;
    if (at_ == broken_at_) {
      broken_at_.reset();  // no other replica of it is left
    } else if (failure.passed_over) {
      plan_.PassOver(at_);
    }
    return ResumeElsewhere(now);
  }
  if (RefusesOptions(failure, no_stream_options_)) {
    no_stream_options_ = true;
    return {.kind = Kind::kResume, .plan_index = at_, .no_stream_options = true};
  }
  const bool refused = result == AttemptResult::kStatus4xx || result == AttemptResult::kNoCredit;
  if (refused || resumes_ >= kMostResumes) return ResumeElsewhere(now);
  if (std::optional<Step> again = RetrySameTarget(failure, budget, now)) {
    ++resumes_;
    again->kind = Kind::kResume;
    return *again;
  }
  return ResumeElsewhere(now);
}

AttemptMachine::Step AttemptMachine::ResumeElsewhere(TimePoint now) {
  if (now >= deadline_) return Fail(NoResume::kNotBroken);
  if (resumes_ >= kMostResumes) return Fail(NoResume::kTooOften);
  const std::optional<std::size_t> next = NextForResume(now);
  if (!next) return Fail(NoResume::kNoTarget);
  const bool same = next == broken_at_;
  const TimePoint free = same ? now : std::max(plan_[*next].busy_until, now);
  const auto wait = std::chrono::ceil<milliseconds>(free - now);
  if (wait > kLongestWait || (wait.count() > 0 && free >= deadline_)) {
    return Fail(NoResume::kNoTarget);
  }
  ++resumes_;
  MoveTo(*next);
  return {.kind = Kind::kResume, .plan_index = at_, .same_target = same, .wait = wait};
}

}  // namespace headgate::gateway
