#include "gateway/proxy/stream_relay.h"

#include <chrono>
#include <utility>

#include "backends/protocols/client_writer.h"
#include "backends/protocols/errors/error_reader.h"
#include "gateway/attempt/refusal.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using backends::StreamReader;

// How long the gateway waits for the end of the backend's chunked body after the end of its stream.
// If it comes in time, the connection is used again; otherwise a new connection is made.
constexpr std::chrono::milliseconds kTail(200);

constexpr std::string_view kTooLong =
    "The answer has more than 32 MiB, which is too much to be translated.";

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

void AppendError(const ClientError& error, const ClientResponse& response,
                 const backends::BegunAnswer& begun, std::string& out) {
  backends::AppendErrorEvent(response.protocol(), response.ErrorDocument(error), begun, out);
}

// Fills in what is not known of the answer: a stream that fails may not have said it.
backends::BegunAnswer Known(backends::BegunAnswer begun, const RequestAccount& account) {
  if (begun.id.empty()) begun.id = account.id.View();
  if (begun.model.empty()) begun.model = account.model;
  if (begun.created == 0) {
    begun.created = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  }
  return begun;
}

// A backend's error event in the shape that SDKs read, without our secrets.
void AppendTheirError(std::string_view data, bool translated, const policy::Scrubber& scrubber,
                      const ClientResponse& response, const backends::BegunAnswer& begun,
                      std::string& out) {
  const backends::ClientProtocol protocol = response.protocol();
  if (!translated && backends::IsErrorDocument(protocol, data)) {
    backends::AppendErrorEvent(protocol, scrubber.Scrub(data), begun, out);
    return;
  }
  if (!translated && protocol == backends::ClientProtocol::kAnthropic) {
    const std::string document = PassingDocument(data, protocol, scrubber);
    const bool one_line = document.find_first_of("\r\n") == std::string::npos;
    if (!document.empty() && one_line) {
      return backends::AppendErrorEvent(protocol, document, begun, out);
    }
  }
  const backends::ErrorBody body = backends::ReadErrorBody(0, data);
  if (translated) {
    return AppendError(TranslatedFault(body, protocol, scrubber), response, begun, out);
  }
  AppendError({.status = 502,
               .type = body.type.empty() ? "server_error" : scrubber.Scrub(body.type),
               .code = body.code.empty() ? "upstream_error" : scrubber.Scrub(body.code),
               .param = scrubber.Scrub(body.param),
               .message = body.has_words ? scrubber.Scrub(body.message)
                                         : std::string(ExplainCut(AttemptResult::kErrorEvent)),
               .retry_after_s = {}},
              response, begun, out);
}

// Waits for the end of a body whose stream is whole, so that its connection can be used again.
Awaitable<void> AwaitEndOfBody(backends::Exchange& exchange) {
  exchange.Expect(SteadyClock::now(), kTail);
  while (!exchange.complete()) {
    const bool more = co_await exchange.ReadMore();
    if (!more) break;
    exchange.body().clear();
  }
}

}  // namespace

// A sign of life also helps with proxies on the way to the client, which drop connections that are
// silent. The head is sent with it, and after that no status can report a failure. So the first
// comments are held back, while a backend may still refuse.
Awaitable<bool> StreamRelay::OnComments(Attempt& attempt, std::string_view comments) {
  backends::Exchange& exchange = attempt.exchange();
  const TimePoint now = SteadyClock::now();
  exchange.AwaitFirstToken(now);
  const config::Config& config = *account_.snapshot->config;
  const auto after = config.backends[attempt.target().backend].comments_after;
  const auto waited = std::chrono::duration_cast<config::Milliseconds>(now - account_.started);
  const bool may_begin = begun_ || waited >= after;
  if (comments.empty() || !may_begin) co_return true;
  std::string& out = response_.out();
  out.clear();
  if (!begun_) Begin(Exposed::kRoute);
  response_.AppendPiece(comments);
  exchange.Pause();
  const bool taken = co_await response_.Send();
  out.clear();
  exchange.AwaitFirstToken(SteadyClock::now());
  co_return taken;
}

Awaitable<void> StreamRelay::Relay(Attempt& attempt) {
  backends::Exchange& exchange = attempt.exchange();
  StreamReader& events = attempt.events();
  std::string& forwarded = attempt.forwarded();
  std::string& out = response_.out();
  out.clear();
  Commit(attempt);
  for (;;) {
    if (account_.first_token == TimePoint{} && events.token_events() > 0) {
      account_.first_token = SteadyClock::now();
      attempt.FirstToken(account_.first_token);
    }
    if (!forwarded.empty()) {
      if (told_ != nullptr) TellInEvents(*told_, forwarded);
      if (keeper_ != nullptr && events.done()) keeper_->TakeEvents(forwarded);
      response_.AppendPiece(forwarded);
      forwarded.clear();
      exchange.Pause();
      const bool sent = co_await response_.Send();
      if (!sent) break;
      out.clear();
      exchange.Streaming(SteadyClock::now());
    }
    if (events.ended() || exchange.complete()) break;
    const bool more = co_await exchange.ReadMore();
    if (!more) break;
    events.Feed(exchange.body(), forwarded);
    exchange.body().clear();
  }
  co_await End(attempt);
}

void StreamRelay::Commit(Attempt& attempt) {
  attempt.Commit();
  if (!begun_) return Begin(Exposed::kTarget);
  std::string comments;
  if (!account_.dropped.empty()) AppendDroppedComment(account_, comments);
  if (response_.expose()) AppendTargetComments(account_, comments);
  if (!comments.empty()) response_.AppendPiece(comments);
}

void StreamRelay::Begin(Exposed exposed) {
  begun_ = true;
  account_.status = 200;
  std::string fields = "Cache-Control: no-cache\r\n";
  AppendDroppedField(account_, fields);
  if (response_.expose()) fields += ExposedFields(account_, exposed);
  response_.AppendHead({.content_type = "text/event-stream; charset=utf-8",
                        .content_length = {},
                        .in_pieces = true,
                        .extra = fields});
}

Awaitable<void> StreamRelay::Fail(const ClientError& error) {
  if (account_.error.empty()) account_.error = error.message;
  std::string tail;
  AppendError(error, response_, Known({}, account_), tail);
  if (response_.expose()) AppendCostComment(account_, tail);
  response_.CloseAfter();
  response_.out().clear();
  response_.AppendPiece(tail);
  co_await response_.Send();
}

void StreamRelay::AppendFault(Attempt& attempt, AttemptResult result, std::string& out) const {
  const backends::BegunAnswer begun = Known(attempt.events().begun(), account_);
  if (result == AttemptResult::kErrorEvent) {
    return AppendTheirError(attempt.events().error(), attempt.dialect().translation.has_value(),
                            account_.snapshot->scrubber, response_, begun, out);
  }
  const bool cut = attempt.cut();
  const ClientError error{.status = 502,
                          .type = "server_error",
                          .code = cut ? "gateway_shutdown" : "upstream_error",
                          .param = {},
                          .message = cut ? "The gateway is shutting down." : account_.error,
                          .retry_after_s = {}};
  AppendError(error, response_, begun, out);
}

Awaitable<void> StreamRelay::End(Attempt& attempt) {
  const TimePoint arrived = SteadyClock::now();
  const StreamReader& events = attempt.events();
  const AttemptResult result = attempt.ResultOfStream(response_.client_gone());
  const bool whole = result == AttemptResult::kOk;
  // A backend that reports usage with every chunk was not heard to its end.
  attempt.Settle(result, events.usage(), events.token_events(),
                 /*heard_to_the_end=*/whole || attempt.finished());
  if (result == AttemptResult::kClientGone) {
    account_.outcome = RequestOutcome::kClientGone;
    response_.CloseAfter();
    co_return;
  }
  std::string tail;
  if (!whole) {
    account_.outcome = RequestOutcome::kCut;
    account_.error = events.too_long() ? kTooLong : ExplainCut(result);
    AppendFault(attempt, result, tail);
    response_.CloseAfter();
  }
  if (response_.expose()) AppendCostComment(account_, tail);
  if (whole) attempt.events().AppendEnd(response_.protocol(), tail);
  if (told_ != nullptr) TellInEvents(*told_, tail);
  if (whole && keeper_ != nullptr) keeper_->TakeEvents(tail);  // the end of a translated stream
  if (keeper_ != nullptr) account_.stored = keeper_->stored();
  // out() still holds the head if no event was sent to the client.
  if (!tail.empty()) response_.AppendPiece(tail);
  // Without the last chunk a client that only looks at HTTP sees a failure too: decision 32.
  if (whole) response_.AppendEnd();
  const bool sent = co_await response_.Send();
  if (!sent && whole) account_.outcome = RequestOutcome::kClientGone;
  account_.overhead += SteadyClock::now() - arrived;
  if (!whole) co_return;
  if (!attempt.exchange().complete()) co_await AwaitEndOfBody(attempt.exchange());
  attempt.exchange().Finish(SteadyClock::now());
}

}  // namespace headgate::gateway
