#pragma once

#include "backends/net/types.h"

namespace headgate::gateway {

// Limits same-target retries to 20 % of requests, and at least 3 a second, so that retries never
// amplify an outage. A token bucket: a request adds 0.2, a retry takes 1, and 3 a second are added
// by time. Worker-bound; the time is passed in.
class RetryBudget {
 public:
  void OnRequest() { tokens_ = tokens_ < kMost ? tokens_ + 0.2 : kMost; }
  bool Take(TimePoint now);

 private:
  static constexpr double kMost = 100;
  double tokens_ = 3;
  TimePoint last_{};
};

}  // namespace headgate::gateway
