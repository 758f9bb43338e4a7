#include "gateway/failover/commit_policy.h"

namespace headgate::gateway {

CommitPolicy::Verdict CommitPolicy::Judge(const Held& held, TimePoint now) const {
  if (!Holds() || held.complete || held.bytes > hold_limit_) return Verdict::kCommit;
  const std::optional<TimePoint> at = CommitsAt(held.first_token);
  return at && now >= *at ? Verdict::kCommit : Verdict::kHold;
}

std::optional<TimePoint> CommitPolicy::CommitsAt(TimePoint first_token) const {
  switch (commit_.at) {
    case config::CommitAt::kFirstToken:
      return first_token;
    case config::CommitAt::kHold:
      return first_token + commit_.hold;
    case config::CommitAt::kComplete:
      break;
  }
  return std::nullopt;
}

TimePoint CommitPolicy::NextComment(TimePoint last_heard) const {
  if (!Holds() || comments_after_ == config::kNever) return TimePoint::max();
  return last_heard + comments_after_;
}

}  // namespace headgate::gateway
