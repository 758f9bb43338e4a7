#include "gateway/attempt/attempt.h"

#include <algorithm>
#include <utility>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/values/stream_end.h"
#include "gateway/accounting/ledger_entry.h"
#include "gateway/accounting/refusal_verdict.h"
#include "gateway/accounting/reported_usage.h"
#include "gateway/attempt/attempt_books.h"
#include "gateway/attempt/attempt_limits.h"
#include "gateway/attempt/refusal.h"
#include "gateway/dialect/upstream_request.h"
#include "gateway/log/operator_log.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using backends::ClientProtocol;
using backends::StreamReader;
using backends::WholeAnswer;
using backends::json::BodyStart;

// In bytes. Answers up to this size are held whole; a larger answer commits early and has no cost
// header. An answer that is translated must be whole, and one over kLongestKept fails.
constexpr std::size_t kHoldLimit = 8u << 20;
// Bytes of a stream without a token that are kept while it may still fail unseen. Some streams have
// no token that the gateway knows, such as speech.
constexpr std::size_t kMostBeforeToken = 64u << 10;
constexpr std::string_view kSignOfLife = ":\n\n";

}  // namespace

Attempt::Attempt(WorkerContext& worker, const OutgoingRequest& request, RequestAccount& account,
                 Aim aim)
    : worker_(worker),
      request_(request),
      account_(account),
      number_(OpenEntry(account, aim.target, SteadyClock::now())),
      dialect_(aim.dialect ? *aim.dialect
                           : DialectOf(target(), request.endpoint).value_or(Dialect{})),
      rest_(aim.rest),
      body_({.body = request.body,
             .splice = request.splice,
             .upstream_model = target().upstream_model,
             .engine_priority = EnginePriorityFor(configured(), dialect_, account),
             .stream = account.stream,
             .no_stream_options = aim.no_stream_options},
            dialect_, StreamUsageFor(configured(), backend()), std::move(aim.written)),
      slot_(std::move(aim.slot)),
      exchange_(MakeExchange()),
      permit_(std::move(aim.permit)) {
  entry().replica = slot_.replica();
  entry().waited = aim.waited;
  entry().hedge = aim.hedge;
  entry().rest = rest_ != nullptr;
  entry().reserved = permit_.budget.amount();
  if (worker_.ledger != nullptr) ReserveInLedger(account_, *worker_.ledger);
  LogProbes(Subject(), slot_.lease());
  BeginWaiting(entry().started);
  if (aim.may_move) {
    batch_place_.emplace(worker.executor, backend().queue,
                         backend().replicas->slots(slot_.replica()), slot_.lease().tokens(),
                         [this] { Abort(AttemptResult::kMovedAside); });
  }
}

std::unique_ptr<backends::Exchange> Attempt::MakeExchange() {
  const std::size_t replica = slot_.replica();
  return worker_.exchanges.Make(
      {.upstream = *backend().upstream,
       .replica = replica,
       .replica_number = backend().replica_numbers[replica],
       .timeouts = TimeoutsOf(account_, account().target, request_.most_output),
       .deadline = request_.deadline});
}

void Attempt::BeginWaiting(TimePoint now) {
  std::chrono::nanoseconds generating{};
  if (!account_.stream) {
    generating = learned().LongestGeneration(account_.classification->request_class);
  }
  waiting_.Begin(learned(), now, generating);
}

Awaitable<Attempt::Ready> Attempt::Call(CommentListener& listener) {
  std::optional<PooledText> text(std::in_place, worker_.texts);
  const GatherList pieces = WriteUpstreamRequest(*backend().upstream, slot_.replica(), dialect_,
                                                 request_.head, body_.body(), **text);
  const bool started = co_await exchange_->Start(pieces, account_.stream);
  text.reset();
  body_.Free();
  if (started) HearLimits(account_, account().target, exchange_->head());
  Ready ready = Ready::kFailed;
  if (!started) {
    ready = FailExchange();
  } else if (exchange_->head().status >= 400) {
    ready = co_await ReadRefusal();
  } else if (std::string fault = FaultOfHead(exchange_->head(), account_.stream); !fault.empty()) {
    ready = co_await ReadUseless(std::move(fault));
  } else if (account_.stream) {
    ready = co_await AwaitFirstToken(listener);
  } else {
    ready = co_await AwaitWholeAnswer();
  }
  if (ready == Ready::kStream) {
    body_.LearnRefusal(backend());
    ReportAnswering(Subject(), slot_.lease(), account(), SteadyClock::now());
  }
  if (ready == Ready::kFailed) {
    Settle(failure_.error.result, spent_.usage, spent_.output_seen);
  }
  co_return ready;
}

StreamReader& Attempt::MakeReader() {
  if (rest_ != nullptr) return events_.emplace(*rest_);
  if (!dialect_.translation) return events_.emplace(dialect_.protocol, request_.wants_usage);
  return events_.emplace(request_.conversation->AnswersOf(*dialect_.translation, Origin()));
}

// Events without a token, such as a role, are no answer yet: behind them the backend may still say
// that it cannot answer. They are signs of life.
Awaitable<Attempt::Ready> Attempt::AwaitFirstToken(CommentListener& listener) {
  StreamReader& events = MakeReader();
  std::string& forwarded = *forwarded_.emplace(worker_.texts);
  bool begun = false;
  for (;;) {
    if (!begun) {
      const BodyStart start = backends::json::StartOf(exchange_->body());
      begun = start != BodyStart::kBlank;
      if (start == BodyStart::kJson) {
        co_return co_await ReadUseless("sent JSON instead of an event stream");
      }
    }
    events.Feed(exchange_->body(), forwarded);
    exchange_->body().clear();
    const bool has_content = events.started() && !events.only_begun();
    if (has_content || forwarded.size() > kMostBeforeToken) {
      if (events.token_events() > 0) FirstToken(SteadyClock::now());
      co_return Ready::kStream;
    }
    if (events.ended()) break;
    if (events.waiting() || events.started()) {
      const TimePoint now = SteadyClock::now();
      exchange_->AwaitFirstToken(now);
      if (listener.MayPass(*this, now)) {
        const std::string_view comments = events.waiting() ? events.comments() : kSignOfLife;
        const bool heard = co_await listener.OnComments(*this, comments);
        if (!heard) co_return Fail(AttemptResult::kClientGone, {});
      }
    }
    if (exchange_->complete()) break;
    const bool more = co_await exchange_->ReadMore();
    if (!more) break;
  }
  co_return JudgeWithoutToken();
}

// A whole answer may be empty: its finish says so.
Attempt::Ready Attempt::JudgeWithoutToken() {
  if (ResultOfStream(/*client_gone=*/false) == AttemptResult::kOk && finished()) {
    return Ready::kStream;
  }
  const std::optional<AnswerFault> fault = FaultWithoutToken(*events_, exchange_->complete());
  spent_.usage = events_->usage();
  return fault ? FailWith(*fault) : FailExchange();
}

void Attempt::FirstToken(TimePoint now) {
  if (entry().first_token != TimePoint{}) return;
  entry().first_token = now;
  waiting_.FirstToken(now);
}

Awaitable<Attempt::Ready> Attempt::AwaitWholeAnswer() {
  while (!exchange_->complete()) {
    std::string& body = exchange_->body();
    if (body.size() > kHoldLimit && !backends::BeginsAsAnswer(body)) {
      co_return FailWith(FaultOfText(body, exchange_->head(), dialect_.protocol));
    }
    if (body.size() > kHoldLimit && !dialect_.translation) co_return Ready::kLarge;
    if (body.size() > backends::kLongestKept) {
      co_return FailWith(FaultOfLength(body, dialect_.protocol));
    }
    const bool more = co_await exchange_->ReadMore();
    if (!more) {
      spent_.output_seen = EstimateOutputTokens(dialect_.protocol, exchange_->body());
      co_return FailExchange();
    }
  }
  co_return JudgeWholeAnswer();
}

Attempt::Ready Attempt::JudgeWholeAnswer() {
  std::string& body = exchange_->body();
  WholeAnswer answer = backends::ReadWholeAnswer(dialect_.protocol, body);
  if (const std::optional<AnswerFault> fault =
          FaultOfWholeAnswer(answer, body, exchange_->head(), dialect_.protocol)) {
    return FailWith(*fault);
  }
  spent_.usage = std::move(answer.usage);
  return dialect_.translation ? TranslateWholeAnswer() : Ready::kWhole;
}

Attempt::Ready Attempt::TranslateWholeAnswer() {
  std::string& body = exchange_->body();
  if (request_.conversation->TranslateAnswer(*dialect_.translation, Origin(), body)) {
    return Ready::kWhole;
  }
  spent_.output_seen = EstimateOutputTokens(dialect_.protocol, body);
  return Fail(AttemptResult::kMalformed, "its answer has not the form of its protocol");
}

Awaitable<Attempt::Ready> Attempt::ReadUseless(std::string why) {
  entry().status = exchange_->head().status;
  const AnswerFault fault =
      co_await ReadUselessAnswer(*exchange_, dialect_.protocol, std::move(why));
  co_return FailWith(fault);
}

Awaitable<Attempt::Ready> Attempt::ReadRefusal() {
  const RefusingAnswer refusing = co_await ReadRefusingAnswer(*exchange_);
  failure_.error.retry_after = refusing.retry_after;
  FailRefused(refusing.body, exchange_->complete() ? std::string_view(exchange_->body()) : "");
  exchange_->Finish(SteadyClock::now());
  co_return Ready::kFailed;
}

Attempt::Ready Attempt::Fail(AttemptResult result, std::string_view detail) {
  failure_.error.result = result;
  failure_.error.detail = detail;
  entry().error = detail;
  return Ready::kFailed;
}

Attempt::Ready Attempt::FailWith(const AnswerFault& fault) {
  spent_ = fault.cost;
  if (unwanted()) return Fail(*aborted_, {});
  if (fault.error) return FailInBand(*fault.error, fault.detail);
  failure_.error.will_repeat = fault.will_repeat;
  return Fail(fault.result, fault.detail);
}

Attempt::Ready Attempt::FailExchange() {
  failure_.error = exchange_->error();
  entry().error = failure_.error.detail;
  if (failure_.error.result == AttemptResult::kTlsFailed) {
    OperatorLog::Alert("a backend's TLS fails", target().name, failure_.error.detail);
  }
  return Ready::kFailed;
}

// Some servers send status 200 before they know the result. If the error has the status of a
// refusal in it, it is a refusal like any other; otherwise it is a fault.
Attempt::Ready Attempt::FailInBand(std::string_view error, std::string_view detail) {
  backends::ErrorBody body = backends::ReadErrorBody(0, error);
  body.status = ImpliedStatus(body);
  if (body.status < 400 || body.status >= 500) return Fail(AttemptResult::kErrorEvent, detail);
  return FailRefused(body, {});
}

// Notes a refusal, and what it means for the next attempts and for the operators.
Attempt::Ready Attempt::FailRefused(const backends::ErrorBody& body, std::string_view raw) {
  const RefusalVerdict verdict = JudgeRefusal(
      body, {.markup = exchange_->head().markup,
             .usual_endpoint = IsUsualEndpoint(configured(), target(), request_.endpoint),
             .retry_after = failure_.error.retry_after});
  failure_.error.status = body.status;
  failure_.context_too_long = body.context_too_long;
  failure_.documents_refused = request_.uses_documents;
  failure_.stream_options_refused = body.names_stream_options && body_.has_stream_options();
  entry().status = body.status;
  entry().blame = verdict.blame;
  const policy::Scrubber& scrubber = account_.snapshot->scrubber;
  refusal_ = rewritten() ? TranslatedError(body, request_.endpoint.protocol, scrubber)
                         : TheirError(body, raw, dialect_.protocol, scrubber);
  Fail(unwanted() ? *aborted_ : verdict.result, LoggableRefusal(body, scrubber));
  if (!unwanted() && !verdict.alert.empty()) {
    OperatorLog::Alert(verdict.alert, target().name, failure_.error.detail);
  }
  return Ready::kFailed;
}

void Attempt::Commit() {
  Stay();
  account_.status = entry().status = 200;
  account_.committed = number_;
  account_.dropped = body_.dropped();
  if (dialect_.translation) account_.translated = NameOf(dialect_.translation->backend);
}

AttemptResult Attempt::ResultOfStream(bool client_gone) const {
  return ResultOf({.client_gone = client_gone || aborted_ == AttemptResult::kClientGone,
                   .end = events_->end(request_.answers),
                   .complete = exchange_->complete(),
                   .exchange = exchange_->error().result});
}

void Attempt::Settle(AttemptResult result, const backends::AnswerUsage& usage,
                     std::int64_t output_seen, bool heard_to_the_end) {
  Stay();
  AttemptAccount& record = entry();
  record.ended = SteadyClock::now();
  record.result = result;
  const bool excused = cut() || BeganLate(record, request_, account_, output_seen);
  ReportHealth(Subject(), HealthReportOf(result, record.blame, excused), slot_.lease(), record);
  EndWait(result, record.ended, waiting_);
  permit_.Settle(BookAttempt({.result = result,
                              .usage = usage,
                              .output_seen = output_seen,
                              .heard_to_the_end = heard_to_the_end,
                              .sent = exchange_->sent(),
                              .excused = excused,
                              .rent = slot_.Release(record.ended)},
                             request_, account_, record));
  if (events_) record.left_out = events_->left_out();
}

void Attempt::FailStream() {
  const StreamReader& events = *events_;
  const AttemptResult result = ResultOfStream(/*client_gone=*/false);
  if (!exchange_->complete() && result == exchange_->error().result) {
    FailExchange();
  } else {
    Fail(result, result == AttemptResult::kErrorEvent ? "an error came in its stream"
                                                      : "its stream is not whole");
  }
  Settle(result, events.usage(), events.token_events(), finished());
}

void Attempt::Lose() {
  Abort(AttemptResult::kHedgeLost);
  Settle(AttemptResult::kHedgeLost, events_->usage(), events_->token_events(), false);
}

void Attempt::Abort(AttemptResult cause) {
  if (!aborted_) aborted_ = cause;
  exchange_->Abort(cause);
}

}  // namespace headgate::gateway
