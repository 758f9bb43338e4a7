#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "backends/upstream/upstream_error.h"
#include "gateway/accounting/request_account.h"
#include "gateway/failover/failed_attempts.h"
#include "gateway/http/answer.h"

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

// All that a request has tried in vain. Worker-bound.
class VainAttempts {
 public:
  void Add(const backends::UpstreamError& error) { failed_.Add(error); }
  // Notes the refusal of an attempt that was added: a 429.
  void KeepRateLimit(const ClientError& refusal, std::optional<std::chrono::milliseconds> wait) {
    rate_limit_.Keep(refusal, wait);
  }
  // Adds a target that was not asked because its provider's limit is reached for `wait`. It counts
  // like one that has refused. Returns its error.
  backends::UpstreamError AddProviderLimit(std::string_view target, std::chrono::milliseconds wait);
  // Adds a target that was not asked because too many wait there. It counts like one that has
  // refused, so that the client is told when to come back.
  void AddFullQueue(const backends::UpstreamError& error);

  const FailedAttempts& failed() const { return failed_; }
  const std::optional<ClientError>& rate_limit() const { return rate_limit_.refusal(); }

 private:
  FailedAttempts failed_;
  KeptRateLimit rate_limit_;
};

// What decides what a client is told when nothing is left to try.
struct LastResort {
  const VainAttempts& attempts;
  int seconds_to_next_try = 1;  // until a target of the plan may be tried
  bool cut = false;             // by the end of a drain
  bool stream_begun = false;    // the client has the head of a streamed answer
  bool expose = false;          // the client may see which backends served its request
};
// Returns whether the client is told that too many requests wait.
bool SaysQueueFull(const ClientError& error);
// Returns what the client is told: docs/decisions/0038. Pure.
ClientError FinalError(const LastResort& last, const RequestAccount& account);

}  // namespace headgate::gateway
