// How a ProxiedRequest relays a stream: one upstream read, one downstream write, whole events, and
// an honest end.
#include <algorithm>
#include <utility>

#include "backends/protocols/openai/error_body.h"
#include "backends/protocols/openai/event_stream.h"
#include "gateway/accounting/reported_usage.h"
#include "gateway/connection/session.h"
#include "gateway/connection/worker.h"
#include "gateway/http/json_text.h"
#include "gateway/proxy/proxied_request.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using backends::openai::EventStream;

// How long the end of the backend's chunked body may come after its [DONE]: with it the connection
// is used again, without it a new one is made.
constexpr std::chrono::milliseconds kTail(200);

std::string_view ExplainCut(AttemptResult result) {
  switch (result) {
    case AttemptResult::kStalled:
      return "The backend stopped sending in the middle of its answer.";
    case AttemptResult::kTotalTimeout:
      return "The answer took longer than this gateway gives a request.";
    case AttemptResult::kMalformed:
      return "The backend sent something that is not a valid stream.";
    default:
      return "The backend's answer broke off.";
  }
}

void AppendErrorEvent(const ClientError& error, std::string& out) {
  out.append("data: ").append(ErrorJson(error)).append("\n\n");
}

// A backend's error event in the shape that SDKs read, without our secrets.
void AppendTheirError(std::string_view data, const policy::Scrubber& scrubber, std::string& out) {
  if (backends::openai::IsOpenAiError(data)) {
    out.append("data: ").append(scrubber.Scrub(data)).append("\n\n");
    return;
  }
  const backends::openai::ErrorBody body = backends::openai::ReadErrorBody(0, data);
  AppendErrorEvent({.status = 502,
                    .type = body.type.empty() ? "server_error" : scrubber.Scrub(body.type),
                    .code = body.code.empty() ? "upstream_error" : scrubber.Scrub(body.code),
                    .param = scrubber.Scrub(body.param),
                    .message = body.has_words ? scrubber.Scrub(body.message)
                                              : std::string(ExplainCut(AttemptResult::kErrorEvent)),
                    .retry_after_s = {}},
                   out);
}

}  // namespace

Awaitable<bool> ProxiedRequest::AnswerStream(SlotLease& slot) {
  EventStream events(wants_usage_);
  std::string forwarded;
  std::string& out = client_.out();
  out.clear();
  bool begun = false;
  bool committed = false;
  while (true) {
    if (!begun && !IsBlank(exchange_->body())) {
      begun = true;
      if (BeginsAsJson(exchange_->body())) {
        co_return co_await RefuseAnswer("sent JSON instead of an event stream");
      }
    }
    forwarded.clear();
    events.Feed(exchange_->body(), forwarded);
    exchange_->body().clear();
    if (!committed) {
      failed_answer_ = events.answer();
      if (events.failed_first()) {
        co_return FailInBand(events.error(), "its stream begins with an error");
      }
      if (events.malformed()) {
        co_return FailAttempt(AttemptResult::kMalformed, "its stream is malformed");
      }
      if (events.started()) {
        CommitStream(out);
        committed = true;
      } else if (events.waiting()) {
        const bool taken = co_await PassComments(events.comments());
        if (!taken) co_return FailAttempt(AttemptResult::kClientGone, {});
      }
    }
    if (record_.first_token == TimePoint{} && events.token_events() > 0) {
      record_.first_token = SteadyClock::now();
      waiting_.FirstToken(record_.first_token);
    }
    if (committed && !forwarded.empty()) {
      AppendPiece(forwarded, out);
      exchange_->Pause();
      if (!co_await client_.Send(out)) break;
      out.clear();
      exchange_->Streaming(SteadyClock::now());
    }
    if (events.ended() || exchange_->complete()) break;
    if (!co_await exchange_->ReadMore()) break;
  }
  if (!committed) {
    if (events.done()) co_return FailForGood("its stream holds nothing but [DONE]");
    if (exchange_->complete()) {
      co_return FailAttempt(AttemptResult::kMalformed, "its stream holds no event");
    }
    co_return FailExchange();
  }
  co_await EndStream(slot, events);
  co_return true;
}

// A sign of life is also worth something to those between the client and us who drop connections on
// which nothing comes. The head goes out with it, and then no status can tell of a failure: so the
// first ones are held back, while backends that refuse still do.
Awaitable<bool> ProxiedRequest::PassComments(std::string_view comments) {
  const TimePoint now = SteadyClock::now();
  exchange_->AwaitFirstToken(now);
  const auto after = record_.snapshot->config->backends[target().backend].comments_after;
  const auto waited = std::chrono::duration_cast<config::Milliseconds>(now - record_.started);
  const bool may_begin = stream_begun_ || waited >= after;
  if (comments.empty() || !may_begin) co_return true;
  std::string& out = client_.out();
  out.clear();
  if (!stream_begun_) BeginStream(Exposed::kRoute, out);
  AppendPiece(comments, out);
  exchange_->Pause();
  const bool taken = co_await client_.Send(out);
  out.clear();
  exchange_->AwaitFirstToken(SteadyClock::now());
  client_gone_ |= !taken;
  co_return taken;
}

void ProxiedRequest::CommitStream(std::string& out) {
  attempt().status = 200;
  record_.committed = record_.attempts.size() - 1;
  if (!stream_begun_) return BeginStream(Exposed::kTarget, out);
  if (!client_.expose()) return;
  // What the head could not know yet.
  std::string comments = ": x-headgate-target ";
  comments.append(target().name).append("\n\n: x-headgate-attempts ");
  AppendInteger(static_cast<std::int64_t>(record_.attempts.size()), comments);
  comments += "\n\n";
  AppendPiece(comments, out);
}

void ProxiedRequest::BeginStream(Exposed exposed, std::string& out) {
  stream_begun_ = true;
  record_.status = 200;
  const bool http_1_0 = client_.head().http_1_0;
  if (http_1_0) client_.CloseAfterThis();
  AppendAnswerHead({.status = 200,
                    .content_type = "text/event-stream; charset=utf-8",
                    .content_length = {},
                    .chunked = !http_1_0,
                    .close = client_.MustClose(),
                    .date = worker_.clock().HttpDate(std::chrono::system_clock::now()),
                    .request_id = record_.id.View(),
                    .extra = "Cache-Control: no-cache\r\n" + ExposedFields(exposed),
                    .cors = client_.cors_fields()},
                   out);
}

void ProxiedRequest::AppendPiece(std::string_view events, std::string& out) const {
  if (client_.head().http_1_0) {
    out.append(events);
  } else {
    AppendChunk(events, out);
  }
}

void ProxiedRequest::AppendCostComment(std::string& out) const {
  if (!client_.expose()) return;
  out += ": x-headgate-cost-usd ";
  AppendUsd(record_.TotalCost(), out);
  out += "\n\n";
}

Awaitable<void> ProxiedRequest::FailStream(const ClientError& error) {
  if (record_.error.empty()) record_.error = error.message;
  std::string tail;
  AppendErrorEvent(error, tail);
  AppendCostComment(tail);
  client_.CloseAfterThis();
  std::string& out = client_.out();
  out.clear();
  AppendPiece(tail, out);
  co_await client_.Send(out);
}

// How the stream ended, as far as it can be known.
AttemptResult ProxiedRequest::StreamResult(const EventStream& events) const {
  if (client_gone_ || client_.client_gone()) return AttemptResult::kClientGone;
  if (events.error_event()) return AttemptResult::kErrorEvent;
  if (events.malformed()) return AttemptResult::kMalformed;
  if (events.done()) return AttemptResult::kOk;
  if (!exchange_->complete()) return exchange_->error().result;
  // Some servers leave [DONE] out. With every choice finished and the body ended as HTTP says,
  // nothing is missing; without a finish_reason the answer is half an answer.
  return events.finished(choices_) ? AttemptResult::kOk : AttemptResult::kCut;
}

void ProxiedRequest::AppendFault(AttemptResult result, const EventStream& events,
                                 std::string& out) const {
  if (result == AttemptResult::kErrorEvent) {
    return AppendTheirError(events.error(), record_.snapshot->scrubber, out);
  }
  const ClientError error{.status = 502,
                          .type = "server_error",
                          .code = cut_ ? "gateway_shutdown" : "upstream_error",
                          .param = {},
                          .message = cut_ ? "The gateway is shutting down." : record_.error,
                          .retry_after_s = {}};
  AppendErrorEvent(error, out);
}

// Settles the attempt and ends the client's stream: with [DONE] only when the answer is whole.
Awaitable<void> ProxiedRequest::EndStream(SlotLease& slot, const EventStream& events) {
  const TimePoint arrived = SteadyClock::now();
  const AttemptResult result = StreamResult(events);
  SettleAttempt(slot, result, events.answer(), events.token_events());
  // A backend that counts on every chunk was not heard to its end.
  if (result != AttemptResult::kOk && !events.finished(choices_) &&
      attempt().usage_status == policy::UsageStatus::kExact) {
    attempt().usage_status = policy::UsageStatus::kEstimated;
  }
  if (result == AttemptResult::kClientGone) {
    record_.outcome = RequestOutcome::kClientGone;
    client_.CloseAfterThis();
    co_return;
  }
  std::string tail;
  if (result != AttemptResult::kOk) {
    record_.outcome = RequestOutcome::kCut;
    record_.error = ExplainCut(result);
    AppendFault(result, events, tail);
  }
  AppendCostComment(tail);
  if (result == AttemptResult::kOk) tail += "data: [DONE]\n\n";
  if (result != AttemptResult::kOk) client_.CloseAfterThis();
  std::string& out = client_.out();  // holds the head, if no event went to the client
  if (!tail.empty()) AppendPiece(tail, out);
  // Without the last chunk a client that looks at HTTP alone sees a failure too: decision 32.
  if (result == AttemptResult::kOk && !client_.head().http_1_0) out.append(kLastChunk);
  const bool sent = co_await client_.Send(out);
  if (!sent && result == AttemptResult::kOk) record_.outcome = RequestOutcome::kClientGone;
  record_.overhead += SteadyClock::now() - arrived;
  if (result == AttemptResult::kOk && !exchange_->complete()) {
    exchange_->Expect(SteadyClock::now(), kTail);
    while (!exchange_->complete()) {
      const bool more = co_await exchange_->ReadMore();
      if (!more) break;
      exchange_->body().clear();
    }
  }
  if (result == AttemptResult::kOk) exchange_->Finish(SteadyClock::now());
}

}  // namespace headgate::gateway
