#pragma once

#include <chrono>
#include <optional>

#include "gateway/accounting/request_account.h"
#include "gateway/http/answer.h"
#include "gateway/proxy/failed_attempts.h"

namespace headgate::gateway {

// The backends' 429 that asks for the shortest wait, so that words and wait belong together.
class KeptRateLimit {
 public:
  void Keep(const ClientError& refusal, std::optional<std::chrono::milliseconds> wait);
  const std::optional<ClientError>& refusal() const { return refusal_; }

 private:
  std::optional<ClientError> refusal_;
  std::optional<std::chrono::milliseconds> wait_;
};

// What decides what a client is told when nothing is left to try.
struct LastResort {
  const FailedAttempts& failed;
  const KeptRateLimit& rate_limit;
  int seconds_to_next_try = 1;  // until a target of the plan may be tried
  bool cut = false;             // by the end of a drain
  bool stream_begun = false;    // the client has the head of a streamed answer
  bool expose = false;          // the client may see which backends served its request
};
// Returns what the client is told: docs/decisions/0038. Pure.
ClientError FinalError(const LastResort& last, const RequestAccount& account);

}  // namespace headgate::gateway
