#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "backends/net/types.h"
#include "gateway/attempt/attempt.h"

namespace headgate::gateway {

// The attempts of one request that exist at the moment: those that run, and the loser of a race
// until its coroutine has ended. Worker-bound.
class RunningAttempts {
 public:
  // The arguments outlive the attempt.
  Attempt& Start(WorkerContext& worker, const OutgoingRequest& request, RequestAccount& account,
                 Attempt::Aim aim) {
    attempts_.push_back(std::make_unique<Attempt>(worker, request, account, std::move(aim)));
    return *attempts_.back();
  }
  // REQUIRES: the attempt is one of these, and has ended.
  void Remove(const Attempt& attempt) {
    attempts_.erase(std::find_if(attempts_.begin(), attempts_.end(),
                                 [&](const auto& other) { return other.get() == &attempt; }));
  }

  void Tick(TimePoint now) {
    for (const std::unique_ptr<Attempt>& attempt : attempts_) attempt->Tick(now);
  }
  void Abort(backends::AttemptResult cause) {
    for (const std::unique_ptr<Attempt>& attempt : attempts_) attempt->Abort(cause);
  }
  std::size_t HeldBytes() const {
    std::size_t held = 0;
    for (const std::unique_ptr<Attempt>& attempt : attempts_) held += attempt->HeldBytes();
    return held;
  }

 private:
  absl::InlinedVector<std::unique_ptr<Attempt>, 2> attempts_;
};

}  // namespace headgate::gateway
