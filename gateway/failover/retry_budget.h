#pragma once

#include "backends/net/types.h"

namespace headgate::gateway {

// Limits attempts that could amplify an outage to 20 % of requests, or to 3 a second if that is
// more: retries at the same target, and moves to a target whose backend mostly fails. A token
// bucket: a request adds 0.2, an attempt takes 1. If requests have added less than 3 a second, time
// adds the rest, up to one second's worth. Worker-bound; the time is passed in.
class RetryBudget {
 public:
  void OnRequest() {
    tokens_ = tokens_ < kMost ? tokens_ + kPerRequest : kMost;
    if (earned_ < kPerSecond) earned_ += kPerRequest;
  }
  bool Take(TimePoint now);

 private:
  static constexpr double kPerRequest = 0.2;
  static constexpr double kPerSecond = 3;
  static constexpr double kMost = 20;  // saved in quiet times, for the begin of an outage
  double tokens_ = kPerSecond;
  double earned_ = 0;  // added by requests, and not yet matched by time; at most a second's worth
  TimePoint last_{};
};

}  // namespace headgate::gateway
