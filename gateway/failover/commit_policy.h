#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "backends/net/types.h"
#include "config/failover.h"

namespace headgate::gateway {

// Decides when an answer begins to go to the client: `commit`, `hold_limit` and `held_comments` of
// a route. Until then the answer can be replaced unseen. Sans-I/O: the driver reports what it holds
// and carries out the verdict. One for each request; worker-bound.
class CommitPolicy {
 public:
  CommitPolicy() = default;
  explicit CommitPolicy(const config::Failover& failover)
      : commit_(failover.commit),
        hold_limit_(failover.hold_limit),
        comments_after_(failover.held_comments) {}

  enum class Verdict : std::uint8_t { kHold, kCommit };
  // What is held of an attempt's answer. A new attempt begins anew.
  struct Held {
    TimePoint first_token;  // of this attempt
    std::size_t bytes = 0;
    bool complete = false;  // the answer has ended, whole
  };
  Verdict Judge(const Held& held, TimePoint now) const;

  // Returns when Judge changes its verdict although nothing more comes, or nullopt if only more of
  // the answer can change it.
  std::optional<TimePoint> CommitsAt(TimePoint first_token) const;

  // Returns when the client of a held stream gets its next comment. `last_heard`: the arrival of
  // its request, or its last comment. TimePoint::max(): never.
  TimePoint NextComment(TimePoint last_heard) const;

  // Returns whether an answer may have to be held.
  bool Holds() const { return commit_.at != config::CommitAt::kFirstToken; }

 private:
  config::Commit commit_;
  std::size_t hold_limit_ = config::Failover{}.hold_limit;
  config::Milliseconds comments_after_ = config::kNever;
};

}  // namespace headgate::gateway
