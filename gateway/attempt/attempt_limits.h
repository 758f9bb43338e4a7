#pragma once

#include <chrono>
#include <cstdint>

#include "backends/limits/heard_limits.h"
#include "backends/net/response_parser.h"
#include "backends/net/types.h"
#include "config/config.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/outcome.h"
#include "gateway/snapshot/fleet.h"
#include "routing/decide/estimates.h"

namespace headgate::gateway {

// Returns the time limits of a call to a target. The limit on the first byte of a non-streamed
// answer depends on how fast the target is. `most_output`: tokens that the request allows, or the
// largest number.
config::Timeouts TimeoutsOf(const RequestAccount& account, std::size_t target,
                            std::int64_t most_output);

// Returns about how many tokens a request takes at a target, with what is learned of the target
// now. A decision counts the same tokens (routing::SlotTokensAt).
routing::ExpectedTokens ExpectedUse(const RequestAccount& account, std::size_t target,
                                    const routing::RequestSize& size);

// Returns until when the limits of its provider keep the request from the target, or `now`.
TimePoint LimitedUntil(const RequestAccount& account, std::size_t target,
                       const routing::RequestSize& size, TimePoint now);

// What one attempt takes from the limits of its provider. Worker-bound.
class QuotaUse {
 public:
  // Notes that the attempt is sent. `account` outlives it.
  QuotaUse(const RequestAccount& account, std::size_t target, const routing::RequestSize& size);

  // Reads what the head of an answer says of the limits.
  void Hear(const backends::ResponseHead& head);
  // Corrects the expected tokens if the real ones are known. Called once. `sent`: the request has
  // left.
  void Settle(const Bill& bill, bool sent);

 private:
  const Fleet& fleet_;
  const std::size_t target_;
  const bool limited_;  // the two below are not known otherwise
  TimePoint sent_{};
  backends::HeardLimits::Amount expected_;
};

// What is usual at a target for requests like this one, by what was learned there. 0 while fewer
// than routing::kLiveSamples answers are known. Thread-safe. REQUIRES: the request is classified.

// From sending a request to its first token.
std::chrono::nanoseconds UsualFirstToken(const RequestAccount& account, std::size_t target,
                                         TimePoint now);
// From sending a request to the end of its answer.
std::chrono::nanoseconds UsualAnswer(const RequestAccount& account,
                                     const routing::RequestSize& size, std::size_t target,
                                     TimePoint now);

}  // namespace headgate::gateway
