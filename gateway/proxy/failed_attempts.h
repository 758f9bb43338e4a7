#pragma once

#include <chrono>
#include <optional>

#include "backends/upstream/upstream_error.h"

namespace headgate::gateway {

// What the failed attempts of a request have in common, which decides what its client is told in
// the end. Pure; worker-bound.
class FailedAttempts {
 public:
  void Add(const backends::UpstreamError& error);

  // Every target says that there are too many requests: the client gets a 429, for which clients
  // have a class of errors and a way to wait.
  bool AllRateLimited() const { return count_ > 0 && rate_limited_ == count_; }

  // Nothing that failed will be better in a moment: a backend, its account or its configuration is
  // wrong.
  bool AllPermanent() const { return count_ > 0 && permanent_ == count_; }

  // The same, and asking again cannot help before a person has done something.
  bool NeedAPerson() const { return count_ > 0 && hopeless_ == count_; }

  // After how long one of those that failed may answer, rounded up to seconds: the least that was
  // asked for. Who did not say counts as `usual`. nullopt: all are permanent, or, when all are
  // rate limited, none has said.
  std::optional<int> SecondsToWait(int usual) const;

 private:
  int count_ = 0;
  int rate_limited_ = 0;
  int permanent_ = 0;
  int hopeless_ = 0;
  bool some_did_not_say_ = false;  // of those that are not permanent
  std::optional<std::chrono::milliseconds> least_;
};

}  // namespace headgate::gateway
