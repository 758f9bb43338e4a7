#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/upstream/upstream_error.h"
#include "gateway/accounting/late_refusal.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/attempt_failure.h"
#include "gateway/failover/failed_attempts.h"
#include "gateway/http/answer.h"

namespace headgate::gateway {

// The 429, of a backend or of a queue, that asks for the shortest wait, so that words and wait
// belong together.
class KeptRateLimit {
 public:
  // `queue`: how a queue of this gateway has refused; nullopt: a backend has.
  void Keep(const ClientError& refusal, std::optional<std::chrono::milliseconds> wait,
            std::optional<Rejection> queue);
  const std::optional<ClientError>& refusal() const { return refusal_; }
  std::optional<Rejection> queue() const { return queue_; }

 private:
  std::optional<ClientError> refusal_;
  std::optional<std::chrono::milliseconds> wait_;
  std::optional<Rejection> queue_;
};

// All that a request has tried in vain. Worker-bound.
class VainAttempts {
 public:
  void Add(const backends::UpstreamError& error) { failed_.Add(error); }
  // Notes the refusal of an attempt that was added: a 429.
  void KeepRateLimit(const ClientError& refusal, std::optional<std::chrono::milliseconds> wait) {
    rate_limit_.Keep(refusal, wait, std::nullopt);
  }
  // Adds a target that was not asked because its provider's limit is reached for `wait`. It counts
  // like one that has refused. Returns its error.
  backends::UpstreamError AddProviderLimit(std::string_view target, std::chrono::milliseconds wait);
  // Adds a target that was not asked because a wait for its slots ended without one. A full queue
  // counts like a target that has refused, so that the client is told when to come back. `expose`:
  // the client may know the name of the backend. REQUIRES: failure.queue_end.
  void AddQueueEnd(const AttemptFailure& failure, bool expose);

  // Returns whether no target has failed, was at its limit or was waited for.
  bool none() const { return failed_.none() && queue_ends_.empty(); }
  const FailedAttempts& failed() const { return failed_; }
  const KeptRateLimit& rate_limit() const { return rate_limit_; }
  // How the time of the request ended in a queue, as the client is told; else nullopt.
  const std::optional<ClientError>& timeout() const { return timeout_; }
  // How its waits in queues ended, precisely, in their order.
  const std::vector<EndedWait>& queue_ends() const { return queue_ends_; }

 private:
  FailedAttempts failed_;
  KeptRateLimit rate_limit_;
  std::optional<ClientError> timeout_;
  std::vector<EndedWait> queue_ends_;
};

// What decides what a client is told when nothing is left to try.
struct LastResort {
  const VainAttempts& attempts;
  int seconds_to_next_try = 1;  // until a target of the plan may be tried
  bool cut = false;             // by the end of a drain
  bool expose = false;          // the client may see which backends served its request
};
// Returns what the client is told: docs/decisions/0038. Pure.
ClientError FinalError(const LastResort& last, const RequestAccount& account);
// Notes how the request ended that is told `error`, FinalError of `last`: a queue or a drain has
// refused it, or its backends have failed.
void NoteFinalError(const LastResort& last, const ClientError& error, RequestAccount& account);
// Returns how the request was refused, for later explanations. REQUIRES: account.rejection.
LateRefusal RefusalOf(const VainAttempts& attempts, const RequestAccount& account);
// Notes how the request ended that is told a refusal instead: of a backend, of limits and budgets
// (account.rejection is set), or, if it is `untranslatable`, of its translation.
void NoteRefusal(bool untranslatable, RequestAccount& account);

}  // namespace headgate::gateway
