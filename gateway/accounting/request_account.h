#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "backends/net/types.h"
#include "backends/upstream/upstream_error.h"
#include "config/base/money.h"
#include "config/base/split_mix.h"
#include "gateway/accounting/refusal_verdict.h"
#include "gateway/decide/conversation_table.h"
#include "gateway/http/answer.h"
#include "gateway/metrics/shard.h"
#include "gateway/snapshot/snapshot.h"
#include "policy/money/cost.h"
#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"
#include "routing/decide/decision.h"

namespace headgate::gateway {

// "req_" and 24 hexadecimal digits. The gateway makes it and never takes it from the client.
struct RequestId {
  static RequestId Make(config::SplitMix64& random);
  std::array<char, 28> text{};
  std::string_view View() const { return {text.data(), text.size()}; }
};

// Where the ledger has a request.
struct LedgerPlace {
  std::int64_t id = 0;  // 0: it has no place, as nothing was sent
  // When its first attempt began, or when its budgets were asked; in milliseconds since 1970.
  std::int64_t started = 0;
};

// One call to one replica, as it is booked and logged.
struct AttemptAccount {
  std::size_t target = 0;
  std::size_t replica = 0;
  backends::AttemptResult result = backends::AttemptResult::kOk;
  int status = 0;
  Blame blame = Blame::kReplica;
  TimePoint started{};
  TimePoint first_token{};  // from the backend; epoch: none came, or the answer was not streamed
  TimePoint ended{};
  policy::Usage usage;
  policy::UsageStatus usage_status = policy::UsageStatus::kExact;
  policy::ServiceTier tier = policy::ServiceTier::kStandard;
  NanoUsd cost = 0;
  NanoUsd reserved = 0;       // of budgets, before it was sent; 0: no budget counts it
  std::string error;          // for the log, in our words: an answer's text may quote a prompt
  std::int64_t left_out = 0;  // events of its stream that were not in the form of the protocol
  bool hedge = false;         // it ran beside another attempt
  bool rest = false;          // it was asked for the rest of an answer that had broken
  bool resumed = false;       // it brought a later part of the answer, perhaps only its end
  std::chrono::nanoseconds waited{0};  // in the queue of its backend, before it was sent

  // Returns whether the backend did any work, so that the attempt is booked.
  bool Billable() const { return usage.input != 0 || usage.output != 0 || cost != 0; }
};

// A target that was left for the next one because all its slots were busy.
struct SpilledFrom {
  using Why = SpillReason;
  std::size_t target = 0;
  Why why = Why::kDecided;
  std::chrono::nanoseconds waited{0};  // in its queue, in vain
};

// What is known about one request when it has ended. Metrics and the access log are written from
// this account alone. It holds no text of the prompt or the answer, and no credential.
struct RequestAccount {
  RequestId id;
  std::shared_ptr<const Snapshot> snapshot;
  std::optional<std::size_t> key;  // index into the configured keys
  std::string_view endpoint = "none";
  std::string model;  // as the client wrote it, at most 128 bytes
  bool stream = false;

  std::optional<routing::Endpoint> proxied;  // set once the body was valid
  std::optional<routing::Classification> classification;
  std::optional<std::size_t> route;
  std::uint8_t relaxed = 0;  // bits of routing::RelaxedRequirement
  bool sticky = false;       // the conversation stayed at its target
  std::optional<ConversationId> conversation;
  std::int64_t estimated_input_tokens = 0;
  std::size_t decision_place = 0;  // of its decision among the recent ones
  std::optional<Rejection> rejection;
  std::string_view budget_code;  // of a refusal by a budget; a constant
  RequestOutcome outcome = RequestOutcome::kOk;
  int status = 0;
  std::string error;    // for the log: why it failed
  std::string dropped;  // names of fields that the committed target has not got, separated by ", "
  // The protocol into which the request was translated for the committed target, as the log has it;
  // a constant. Empty: its bytes passed.
  std::string_view translated;
  bool continues_stored = false;  // the gateway's store has what the request continues
  bool stored = false;            // the gateway's store was given its answer
  absl::InlinedVector<AttemptAccount, 2> attempts;
  std::chrono::nanoseconds queued{0};           // for slots, in all queues together
  absl::InlinedVector<SpilledFrom, 1> spilled;  // in the order in which they were left
  // Index into attempts. Of an answer that was resumed: the attempt that began it.
  std::optional<std::size_t> committed;
  // Why the answer did not go on elsewhere when it broke, of a route that resumes; a constant.
  std::string_view not_resumed;

  TimePoint started{};  // the head was complete
  TimePoint body_read{};
  std::int64_t unix_seconds = 0;  // the wall clock at body_read
  TimePoint first_token{};        // that went to the client; epoch: none
  TimePoint ended{};
  std::chrono::nanoseconds overhead{0};
  std::chrono::nanoseconds held{0};  // between its first token and its way to the client

  LedgerPlace ledger;

  std::string decided;  // for the recording: the first part of its line; empty: nothing to record

  // Returns the wall clock at `time`, which is not before body_read.
  std::int64_t UnixSecondsAt(TimePoint time) const {
    return unix_seconds +
           std::chrono::duration_cast<std::chrono::seconds>(time - body_read).count();
  }

  // Notes that the client gets `answer`: sets the status, and outcome and error if not set.
  void AnsweredWith(const ClientError& answer);

  NanoUsd TotalCost() const {
    NanoUsd total = 0;
    for (const AttemptAccount& attempt : attempts) total += attempt.cost;
    return total;
  }
  // Returns the attempt that brought the last part of the answer, or null if none was committed.
  const AttemptAccount* LastPart() const;
  // Returns the usage of all parts of the answer. REQUIRES: committed.
  policy::Usage UsageOfAnswer() const;
  // Returns whether it left `target` because that was full.
  bool HasSpilledFrom(std::size_t target) const;
  // Returns whether a second attempt ran beside the first one.
  bool Hedged() const { return attempts.size() > 1 && SomeHedged(); }
  // Returns how often the answer went on at another attempt.
  std::int64_t TimesResumed() const { return attempts.size() > 1 ? CountResumed() : 0; }
  // Returns how certain the sum is: as certain as its least certain part. Returns nullopt if
  // nothing was booked.
  std::optional<policy::UsageStatus> WorstUsageStatus() const;

 private:
  bool SomeHedged() const;
  std::int64_t CountResumed() const;
};

// Returns the time limits of calls to a backend for this request: the route's where it has its own,
// else the backend's. REQUIRES: account.route.
config::Timeouts TimeoutsAt(const RequestAccount& account, std::size_t backend);

}  // namespace headgate::gateway
