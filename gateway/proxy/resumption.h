#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "backends/net/types.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/attempt.h"
#include "gateway/limits/request_permits.h"
#include "gateway/plan/request_plan.h"
#include "gateway/proxy/attempt_bodies.h"
#include "gateway/proxy/attempt_machine.h"
#include "gateway/proxy/pause.h"
#include "gateway/proxy/running_attempts.h"
#include "gateway/proxy/slot_source.h"
#include "gateway/relay/stream_relay.h"

namespace headgate::gateway {

// What a resumption uses of its request. All of it outlives the resumption.
struct ResumableRequest {
  WorkerContext& worker;
  const OutgoingRequest& outgoing;
  const RequestPlan& plan;
  RequestAccount& account;
  ClientResponse& response;
  AttemptMachine& machine;
  AttemptBodies& bodies;
  RequestPermits& permits;
  RunningAttempts& running;
  SlotSource& slots;
  Pause& pause;
  StreamRelay& relay;
  const bool& cut;  // a drain has ended
};

// Goes on with a stream that broke after commit, at one target after another, until the answer is
// whole or nothing is left to try. The client sees one stream. Worker-bound.
class Resumption {
 public:
  // REQUIRES: the relay follows the answer.
  explicit Resumption(const ResumableRequest& request) : r_(request) {}
  Resumption(const Resumption&) = delete;
  Resumption& operator=(const Resumption&) = delete;

  // Ends the client's stream, one way or the other. `broken`: the attempt that relay.Relay returned
  // false for; it is removed.
  Awaitable<void> Run(const Attempt& broken);

 private:
  enum class Outcome : std::uint8_t { kOver, kBroken, kNotBegun };

  // Returns why the answer cannot go on at any target, or nothing. A constant.
  std::string_view WhyNot();
  void TakePart(const Attempt& broken);
  ResumeFacts Facts();
  Awaitable<Outcome> GoOn(const AttemptMachine::Step& step);
  // Makes the attempt of a step, in `made`. It is null if it cannot be made, with the reason in
  // failed_.
  Awaitable<void> StartRest(const AttemptMachine::Step& step, Attempt*& made);
  // Returns the replica of the latest attempt at a target.
  std::optional<std::size_t> LatestReplica(std::size_t target) const;
  Awaitable<Outcome> Call(Attempt& attempt);
  Outcome EndWithoutClient();
  AttemptMachine::Step AfterFailure();

  const ResumableRequest r_;
  std::unique_ptr<RestOfAnswer> rest_;  // of the attempt that runs
  std::size_t text_bytes_ = 0;          // of the parts so far
  std::int64_t tokens_ = 0;             // of that text
  backends::ReportedTokens booked_{.output_said = true};
  AttemptFailure failed_;  // of the latest rest
  std::string_view why_not_;
};

}  // namespace headgate::gateway
