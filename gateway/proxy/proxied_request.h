#pragma once

#include <boost/asio/steady_timer.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "backends/net/types.h"
#include "backends/protocols/openai/answer.h"
#include "backends/protocols/openai/error_body.h"
#include "backends/protocols/openai/event_stream.h"
#include "backends/upstream/exchange.h"
#include "gateway/accounting/request_record.h"
#include "gateway/decide/request_decision.h"
#include "gateway/http/answer.h"
#include "gateway/http/endpoints.h"
#include "gateway/proxy/attempt_machine.h"
#include "gateway/proxy/failed_attempts.h"
#include "gateway/proxy/gather_list.h"
#include "gateway/proxy/health_log.h"
#include "routing/decide/decision.h"
#include "routing/decide/learned.h"

namespace headgate::gateway {

class Session;
class Worker;

// The life of one request that needs a backend (DESIGN section 2): parse, classify, route, then
// attempts until one commits or nothing is left, relay, settle. Everything it learns goes into
// the RequestRecord, which the session books. Worker-bound.
class ProxiedRequest {
 public:
  // `path_model`: the model that the path names instead of the body, or empty. All outlive it.
  ProxiedRequest(Worker& worker, Session& client, const EndpointRow& endpoint,
                 std::string_view path_model, RequestRecord& record);
  ~ProxiedRequest();
  ProxiedRequest(const ProxiedRequest&) = delete;
  ProxiedRequest& operator=(const ProxiedRequest&) = delete;

  Awaitable<void> Run();

  // From the worker's sweep, while Run is suspended.
  void Tick(TimePoint now);
  std::size_t HeldBytes() const { return exchange_ ? exchange_->HeldBytes() : 0; }
  void ClientGone();
  void Cut();  // the drain has ended: what runs is cut with an honest error

 private:
  // Why an attempt failed whose answer of status 200 was an error.
  static constexpr std::string_view kErrorOf200 = "its answer of status 200 is an error";

  // How much of what served a request is known when the head of its answer is written.
  enum class Exposed : std::uint8_t { kRoute, kTarget, kCost };

  // Phases before the first suspension. nullopt: go on.
  std::optional<ClientError> Decide();
  void Take(const RequestView& view);
  std::optional<ClientError> Route(const RequestDecision& made);
  std::optional<ClientError> Refusal(const RequestDecision& made) const;

  Awaitable<void> RunAttempts();
  Awaitable<bool> Attempt(const routing::PlannedTarget& planned,
                          std::optional<std::size_t> avoid_replica);
  StreamOptions StreamOptionsFor(const routing::Target& target) const;
  // The request for one replica: its head, and copies of short pieces, are written to `out`.
  GatherList BuildUpstreamRequest(const BackendState& backend, std::size_t replica,
                                  const SplicedBody& body, std::string& out) const;
  config::Timeouts TimeoutsAt(std::size_t backend) const;
  void AppendForwardedFields(const backends::Upstream& upstream, std::string& out) const;
  Awaitable<void> Wait(std::chrono::milliseconds time);

  // The ways to answer. true: committed, the client has (had) its answer.
  Awaitable<bool> AnswerWhole(SlotLease& slot);
  Awaitable<bool> AnswerStream(SlotLease& slot);
  Awaitable<bool> PassLargeAnswer(SlotLease& slot);
  // The head of a streamed answer can be sent before an attempt commits, with a backend's comments
  // (decision 33): then the stream has begun, and its events may still be those of a later attempt.
  void BeginStream(Exposed exposed, std::string& out);
  void CommitStream(std::string& out);
  // Comments before the first event: a sign of life. false: the client is gone.
  Awaitable<bool> PassComments(std::string_view comments);
  void AppendPiece(std::string_view events, std::string& out) const;
  void AppendCostComment(std::string& out) const;
  // Ends a stream that has begun when nothing is left to try.
  Awaitable<void> FailStream(const ClientError& error);
  // The error event of a stream that broke.
  void AppendFault(backends::AttemptResult result, const backends::openai::EventStream& events,
                   std::string& out) const;
  backends::AttemptResult StreamResult(const backends::openai::EventStream& events) const;
  Awaitable<void> EndStream(SlotLease& slot, const backends::openai::EventStream& events);

  // What makes an answer useless before its body is read; empty: nothing.
  std::string FaultOfHead() const;
  // Reads what a useless answer says about its cost, and fails the attempt: false. `why` must
  // outlive the call.
  Awaitable<bool> RefuseAnswer(std::string_view why);
  Awaitable<void> ReadRefusedStream();
  Awaitable<bool> ReadRefusedJson();
  // The same for body() where JSON was asked for, and that is not JSON.
  bool RefuseText();
  Awaitable<void> ReadErrorAnswer();
  // An error that came inside an answer of status 200.
  bool FailInBand(std::string_view error, std::string_view detail);
  void FailRefused(const backends::openai::ErrorBody& body);
  void TakeRefusal(const backends::openai::ErrorBody& body);
  void KeepRateLimit();
  // Both note why the attempt failed, and are false: with a reason of our own or the backend's,
  // and with what the exchange has seen.
  bool FailAttempt(backends::AttemptResult result, std::string_view detail);
  // The same for a fault that the same target would show again.
  bool FailForGood(std::string_view detail);
  bool FailExchange();
  // What the client gets when nothing is left to try.
  ClientError FinalError() const;
  int SecondsToNextTry() const;
  std::string Tried() const;

  // Settlement of the attempt that is running. `estimated_output` counts where `answer` does not.
  void SettleAttempt(SlotLease& slot, backends::AttemptResult result,
                     const backends::openai::Answer& answer, std::int64_t estimated_output);
  void BeginWaiting(TimePoint now);
  void EndWaiting(backends::AttemptResult result);
  void ReportHealth(SlotLease& slot, backends::AttemptResult result) const;
  HealthSubject HealthSubjectOf(const SlotLease& slot) const;
  std::string ExposedFields(Exposed exposed) const;
  static bool IsBlank(std::string_view body);
  // Whether the first byte that is not blank opens an object or a list.
  static bool BeginsAsJson(std::string_view body);
  AttemptRecord& attempt() { return record_.attempts.back(); }
  const routing::Target& target() const {
    return record_.snapshot->policy->targets()[record_.attempts.back().target];
  }

  Worker& worker_;
  Session& client_;
  const EndpointRow& endpoint_;
  const std::string_view path_model_;
  RequestRecord& record_;

  SplicePoints splice_;
  std::size_t text_bytes_ = 0;
  std::int64_t other_input_ = 0;  // tokens of images and audio, at most
  std::int64_t most_output_ = std::numeric_limits<std::int64_t>::max();  // tokens asked for
  bool wants_usage_ = false;
  std::size_t choices_ = 1;  // asked for
  absl::InlinedVector<routing::PlannedTarget, 8> plan_;
  TimePoint deadline_ = TimePoint::max();

  routing::WaitingStream waiting_;  // for the first token of the attempt that is running
  std::optional<backends::Exchange> exchange_;
  std::optional<asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>>
      pause_;
  AttemptFailure failure_;
  FailedAttempts failed_;
  backends::openai::Answer failed_answer_;  // what a failed answer says about its price
  std::int64_t came_before_failure_ = 0;    // output tokens, estimated
  bool stream_begun_ = false;               // the client has the head of a streamed answer
  ClientError returned_error_;  // the backend's refusal, for when it is the client's fault
  // The backend's 429 that asks for the shortest wait, for when there is nothing but 429s.
  std::optional<ClientError> rate_limited_;
  std::optional<std::chrono::milliseconds> rate_limited_wait_;
  bool no_stream_options_ = false;    // of the attempt that is running, after they were refused
  bool sent_stream_options_ = false;  // likewise
  bool client_gone_ = false;
  bool cut_ = false;
};

}  // namespace headgate::gateway
