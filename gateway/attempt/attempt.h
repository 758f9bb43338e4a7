#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/net/types.h"
#include "backends/protocols/answer_reader.h"
#include "backends/protocols/translation/signature_mark.h"
#include "backends/protocols/values/splice_points.h"
#include "backends/upstream/exchange.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/answer_fault.h"
#include "gateway/attempt/attempt_failure.h"
#include "gateway/attempt/health_log.h"
#include "gateway/attempt/outcome.h"
#include "gateway/attempt/outgoing_request.h"
#include "gateway/attempt/sent_body.h"
#include "gateway/attempt/worker_context.h"
#include "gateway/dialect/dialect.h"
#include "gateway/dialect/translated_request.h"
#include "gateway/http/answer.h"
#include "gateway/http/endpoints.h"
#include "gateway/permits/attempt_permit.h"
#include "gateway/slots/batch_place.h"
#include "gateway/slots/slot_lease.h"
#include "routing/decide/learned.h"

namespace headgate::gateway {

class Attempt;

// Receives the signs of life that come before the first token of a stream, to pass them to the
// client.
class CommentListener {
 public:
  virtual ~CommentListener() = default;
  // Returns whether OnComments would send something now.
  virtual bool MayPass(const Attempt& attempt, TimePoint now) const = 0;
  // Returns false if the client is gone.
  virtual Awaitable<bool> OnComments(Attempt& attempt, std::string_view comments) = 0;
};

// One call to one replica of one target: its slot, its exchange, the bytes it sends, its cost and
// the reason of its failure. Attempts of a request do not know of each other, so two may run at
// once; each has its own entry in the request's account. An attempt is made when it is about to be
// sent, and settled once. Worker-bound.
class Attempt {
 public:
  struct Aim {
    std::size_t target = 0;              // index into CompiledPolicy::targets
    bool no_stream_options = false;      // they were refused
    WrittenBody written;                 // what is sent if the request is translated
    AttemptPermit permit;                // AttemptPermit::Take
    SlotLease slot;                      // of the target's backend
    std::chrono::nanoseconds waited{0};  // for the slot, in the queue
    bool hedge = false;                  // another attempt runs beside it
    bool may_move = false;               // latency-critical work may take its slot until it commits
    // Set if the backend is asked for the rest of an answer that the client has the beginning of:
    // the dialect that it is asked in, and how its answer is read. `written` is what is sent. What
    // it points to outlives the attempt.
    std::optional<Dialect> dialect = {};
    const backends::AnswerContinuation* rest = nullptr;
  };
  // How far a usable answer has come.
  enum class Ready : std::uint8_t {
    kFailed,  // no usable answer came; the attempt is settled, and failure() says why
    kWhole,   // exchange().body() is the whole answer, usage() is the cost that it reports
    kLarge,   // the answer is too large to be held, and the rest of it is still to come
    kStream,  // events() has seen the first token; forwarded() is what goes to the client
  };

  // `account` belongs to the request, holds its decision and outlives the attempt.
  // REQUIRES: `aim.slot` holds one. The target can serve the endpoint; if by translation,
  // `aim.written` is what TranslatedRequest::Write wrote for it.
  Attempt(WorkerContext& worker, const OutgoingRequest& request, RequestAccount& account, Aim aim);
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  // Sends the request and reads until an answer can be committed, or until the attempt has failed.
  // After any result but kFailed the caller relays the answer and settles. `listener` outlives the
  // call.
  Awaitable<Ready> Call(CommentListener& listener);

  backends::Exchange& exchange() { return *exchange_; }
  const Dialect& dialect() const { return dialect_; }
  // Returns whether the client's answer is not the backend's bytes.
  bool rewritten() const { return dialect_.translation || rest_ != nullptr; }
  // Of a translated request: the client's fields that the backend has not got.
  std::string_view dropped() const { return body_.dropped(); }
  const backends::AnswerUsage& usage() const { return spent_.usage; }
  // Both only after kStream.
  backends::StreamReader& events() { return *events_; }
  const backends::StreamReader& events() const { return *events_; }
  std::string& forwarded() { return **forwarded_; }
  // Of a stream: returns whether every answer that was asked for has ended.
  bool finished() const { return events_->finished(request_.answers); }
  // Returns how the stream ended, as far as it can be known.
  backends::AttemptResult ResultOfStream(bool client_gone) const;
  // Notes that this attempt is to answer the request, so that it is not moved aside any more.
  // Called with the decision: there may be a wait between it and Commit, and an order to move aside
  // that comes meanwhile has no effect.
  void Stay() { batch_place_.reset(); }
  // Notes that this attempt answers the request.
  void Commit();
  // Notes that the client's answer goes on with this attempt, even if it adds no text.
  void Resume() { entry().resumed = true; }
  // Notes that the first token of the answer has come. Later calls do nothing.
  void FirstToken(TimePoint now);

  // Books the attempt, reports to the health of the replica and updates what is learned of the
  // target. Called once, when the attempt has ended. `output_seen`: tokens, estimated; used where
  // `usage` does not report them. `heard_to_the_end` is false if the usage may have grown after the
  // last report.
  void Settle(backends::AttemptResult result, const backends::AnswerUsage& usage,
              std::int64_t output_seen, bool heard_to_the_end = true);

  // Called from the worker's sweep, while Call or a relay is suspended.
  void Tick(TimePoint now) {
    waiting_.Age(now);
    exchange_->Tick(now);
  }
  // Settles a stream that is not whole and was not committed; failure() says why.
  void FailStream();
  // Settles an answer that is ready and not needed.
  void Lose();
  // Ends what is outstanding: with kClientGone, kHedgeLost or kMovedAside, or with kCut when a
  // drain ends.
  void Abort(backends::AttemptResult cause);
  bool cut() const { return aborted_ == backends::AttemptResult::kCut; }
  // Returns whether it was told to move aside. Its next read fails, so only a whole answer can be
  // committed.
  bool moves_aside() const { return aborted_ == backends::AttemptResult::kMovedAside; }
  std::size_t HeldBytes() const {
    return exchange_->HeldBytes() + (forwarded_ ? (**forwarded_).capacity() : 0);
  }

  const AttemptFailure& failure() const { return failure_; }
  // The backend's refusal in its own words, for a refusal that is the client's fault or a rate
  // limit.
  const std::optional<ClientError>& refusal() const { return refusal_; }
  const AttemptAccount& account() const { return account_.attempts[number_]; }
  const routing::Target& target() const {
    return account_.snapshot->policy->targets()[account().target];
  }

 private:
  AttemptAccount& entry() { return account_.attempts[number_]; }
  const BackendState& backend() const {
    return account_.snapshot->fleet->backend(target().backend);
  }
  routing::LearnedTarget& learned() const {
    return account_.snapshot->fleet->learned(account().target);
  }
  // Of the backend, in the marks of its thoughts.
  std::string Origin() const { return backends::SignatureOrigin(configured().name); }
  const config::Backend& configured() const {
    return account_.snapshot->config->backends[target().backend];
  }
  std::unique_ptr<backends::Exchange> MakeExchange();
  HealthSubject Subject() const {
    return {.backend = backend().name,
            .replica = backend().upstream->replicas()[account().replica].name,
            .target = target().name};
  }
  void BeginWaiting(TimePoint now);

  backends::StreamReader& MakeReader();
  Awaitable<Ready> AwaitFirstToken(CommentListener& listener);
  Ready JudgeWithoutToken();
  Awaitable<Ready> AwaitWholeAnswer();
  Ready JudgeWholeAnswer();
  Ready TranslateWholeAnswer();
  Awaitable<Ready> ReadUseless(std::string why);
  Awaitable<Ready> ReadRefusal();

  // Each of these notes why the attempt failed, and returns kFailed.
  Ready Fail(backends::AttemptResult result, std::string_view detail);
  Ready FailWith(const AnswerFault& fault);
  Ready FailExchange();
  // For an error that came inside an answer of status 200.
  Ready FailInBand(std::string_view error, std::string_view detail);
  // `raw`: the body as it came; empty if it is not worth passing on.
  Ready FailRefused(const backends::ErrorBody& body, std::string_view raw);
  // Returns whether it was aborted because nobody waits for its answer.
  bool unwanted() const {
    return aborted_ == backends::AttemptResult::kClientGone ||
           aborted_ == backends::AttemptResult::kHedgeLost ||
           aborted_ == backends::AttemptResult::kMovedAside;
  }

  WorkerContext& worker_;
  const OutgoingRequest& request_;
  RequestAccount& account_;
  const std::size_t number_;  // of its entry in the account
  const Dialect dialect_;
  const backends::AnswerContinuation* const rest_;
  SentBody body_;
  SlotLease slot_;
  std::optional<BatchPlace> batch_place_;  // while it may be moved aside; gone before the slot
  const std::unique_ptr<backends::Exchange> exchange_;
  AttemptPermit permit_;
  routing::WaitingStream waiting_;  // for the first token
  std::optional<backends::StreamReader> events_;
  std::optional<PooledText> forwarded_;  // of a stream
  AnswerCost spent_;
  AttemptFailure failure_;
  std::optional<ClientError> refusal_;
  std::optional<backends::AttemptResult> aborted_;
};

}  // namespace headgate::gateway
