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

  bool none() const { return count_ == 0; }

  // Returns whether every target says that there are too many requests. The client then gets a 429,
  // for which clients have a class of errors and a way to wait.
  bool AllRateLimited() const { return count_ > 0 && rate_limited_ == count_; }

  // Returns whether no failure will go away soon: in each, a backend, its account or its
  // configuration is wrong.
  bool AllPermanent() const { return count_ > 0 && permanent_ == count_; }

  // Returns whether all failures are permanent and retrying cannot help before a person has acted.
  bool NeedAPerson() const { return count_ > 0 && hopeless_ == count_; }

  // Returns after how many seconds, rounded up, one of the failed targets may answer: the shortest
  // wait that was asked for. A target that did not say counts as `usual`. Returns nullopt if all
  // failures are permanent, or if all are rate limits and no target asked for a wait.
  std::optional<int> SecondsToWait(int usual) const;

 private:
  int count_ = 0;
  int rate_limited_ = 0;
  int permanent_ = 0;
  int hopeless_ = 0;
  bool some_did_not_say_ = false;  // of the failures that are not permanent
  std::optional<std::chrono::milliseconds> least_;
};

}  // namespace headgate::gateway
