#include "gateway/relay/stream_relay.h"

#include <chrono>
#include <utility>

#include "backends/protocols/sse/sse_writer.h"
#include "backends/protocols/translator.h"
#include "gateway/relay/stream_fault.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using backends::StreamReader;

// How long the gateway waits for the end of the backend's chunked body after the end of its stream.
// If it comes in time, the connection is used again; otherwise a new connection is made.
constexpr std::chrono::milliseconds kTail(200);

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

void StreamRelay::HoldBy(const CommitPolicy& policy) {
  hold_ = &policy;
  last_heard_ = account_.started;
}

void StreamRelay::Follow(backends::ChatProtocol client) {
  so_far_ = std::make_unique<backends::AnswerSoFar>(client, backends::MakeStreamReader(client));
}

// A sign of life also helps with proxies on the way to the client, which drop connections that are
// silent. The head is sent with it, and after that no status can report a failure. So the first
// comments are held back, while a backend may still refuse.
bool StreamRelay::MayPass(const Attempt& attempt, TimePoint now) const {
  if (begun_) return true;
  const config::Config& config = *account_.snapshot->config;
  const auto after = config.backends[attempt.target().backend].comments_after;
  return std::chrono::duration_cast<config::Milliseconds>(now - account_.started) >= after;
}

Awaitable<bool> StreamRelay::OnComments(Attempt& attempt, std::string_view comments) {
  if (comments.empty()) co_return true;
  backends::Exchange& exchange = attempt.exchange();
  if (aside_.running()) co_await aside_.Ended();
  std::string& out = response_.out();
  out.clear();
  if (!begun_) Begin(Exposed::kRoute);
  response_.AppendPiece(comments);
  exchange.Pause();
  sending_ = true;
  const bool taken = co_await response_.Send();
  sending_ = false;
  out.clear();
  last_heard_ = SteadyClock::now();
  exchange.AwaitFirstToken(last_heard_);
  co_return taken;
}

Awaitable<bool> StreamRelay::Hold(Attempt& attempt, CommitJudge& judge) {
  backends::Exchange& exchange = attempt.exchange();
  StreamReader& events = attempt.events();
  held_ = &attempt;
  judge_ = &judge;
  bool more = true;
  while (!committed_) {
    const TimePoint now = SteadyClock::now();
    const bool ended = !more || events.ended() || exchange.complete();
    const bool whole =
        ended && attempt.ResultOfStream(response_.client_gone()) == AttemptResult::kOk;
    const bool failed = ended && !whole;
    const bool may_commit = whole || !attempt.moves_aside();
    if (failed || (may_commit && judge.Commits(attempt.forwarded().size(), whole, now))) {
      held_ = nullptr;
      attempt.Stay();
      if (aside_.running()) co_await aside_.Ended();
      co_return !failed;
    }
    exchange.Streaming(now);
    more = co_await exchange.ReadMore();
    if (aside_.running()) co_await aside_.Ended();
    if (more) events.Feed(exchange.body(), attempt.forwarded());
    if (more) exchange.body().clear();
  }
  held_to_its_end_ = !more;
  co_return true;
}

Awaitable<bool> StreamRelay::Relay(Attempt& attempt) {
  backends::Exchange& exchange = attempt.exchange();
  StreamReader& events = attempt.events();
  std::string& forwarded = attempt.forwarded();
  std::string& out = response_.out();
  if (!committed_) {
    attempt.Stay();
    if (aside_.running()) co_await aside_.Ended();
    out.clear();
    Commit(attempt);
  } else if (attempt.account().rest) {
    BeginRest(attempt);
  }
  for (;;) {
    NoteFirstToken(attempt);
    if (!forwarded.empty()) {
      Forward(attempt);
      exchange.Pause();
      const bool sent = co_await response_.Send();
      if (!sent) break;
      out.clear();
      exchange.Streaming(SteadyClock::now());
    }
    if (events.ended() || exchange.complete() || std::exchange(held_to_its_end_, false)) break;
    const bool more = co_await exchange.ReadMore();
    if (!more) break;
    events.Feed(exchange.body(), forwarded);
    exchange.body().clear();
  }
  const bool over = co_await End(attempt);
  co_return over;
}

void StreamRelay::Forward(Attempt& attempt) {
  std::string& forwarded = attempt.forwarded();
  if (told_ != nullptr) TellInEvents(*told_, forwarded);
  if (keeper_ != nullptr && attempt.events().done()) keeper_->TakeEvents(forwarded);
  if (so_far_) so_far_->Sent(forwarded);
  response_.AppendPiece(forwarded);
  forwarded.clear();
}

void StreamRelay::NoteFirstToken(Attempt& attempt) {
  if (account_.first_token != TimePoint{} || attempt.events().token_events() == 0) return;
  if (attempt.account().first_token == TimePoint{}) attempt.FirstToken(SteadyClock::now());
  account_.first_token = attempt.account().first_token;
  if (hold_ == nullptr) return;
  account_.held = SteadyClock::now() - account_.first_token;
  account_.first_token += account_.held;
}

void StreamRelay::Commit(Attempt& attempt) {
  committed_ = true;
  attempt.Commit();
  if (!begun_) return Begin(Exposed::kTarget);
  std::string comments;
  if (!account_.dropped.empty()) AppendDroppedComment(account_, comments);
  if (response_.expose()) AppendTargetComments(account_, comments);
  if (!comments.empty()) response_.AppendPiece(comments);
}

void StreamRelay::BeginRest(Attempt& attempt) {
  attempt.Resume();
  if (!response_.expose()) return;
  std::string comment;
  AppendResumedComment(account_, attempt.account().target, comment);
  response_.AppendPiece(comment);
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

// What is written here is sent by a coroutine of its own, because that of the request waits for the
// backend.
void StreamRelay::SendAside(TimePoint now) {
  if (aside_.running() || sending_ || lost_client_ || response_.client_gone()) return;
  const bool commits = held_ != nullptr && !held_->moves_aside() &&
                       judge_->Commits(held_->forwarded().size(), false, now);
  if (!commits && now < hold_->NextComment(last_heard_)) return;
  response_.out().clear();
  if (commits) {
    Commit(*held_);
    NoteFirstToken(*held_);
    Forward(*held_);
    held_ = nullptr;
  } else {
    if (!begun_) Begin(Exposed::kRoute);
    std::string comment;
    backends::AppendSseComment("held", comment);
    response_.AppendPiece(comment);
  }
  last_heard_ = now;
  aside_.Start(SendOut());
}

Awaitable<void> StreamRelay::SendOut() {
  const bool taken = co_await response_.Send();
  lost_client_ = !taken;
  response_.out().clear();
}

Awaitable<void> StreamRelay::Stop() {
  hold_ = nullptr;
  if (aside_.running()) co_await aside_.Ended();
}

Awaitable<void> StreamRelay::Fail(const ClientError& error) {
  if (account_.error.empty()) account_.error = error.message;
  std::string tail;
  AppendStreamError(error, {}, response_, account_, tail);
  if (response_.expose()) AppendCostComment(account_, tail);
  response_.CloseAfter();
  response_.out().clear();
  response_.AppendPiece(tail);
  co_await response_.Send();
}

Awaitable<bool> StreamRelay::End(Attempt& attempt) {
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
    co_return true;
  }
  std::string tail;
  if (!whole) AppendFault(attempt, result, response_, account_, tail);
  if (!whole && so_far_ && !attempt.cut()) {
    broken_ = {.result = result,
               .usage = events.usage(),
               .token_events = events.token_events(),
               .tail = std::move(tail),
               .error = ExplainFault(attempt, result),
               .begun = events.begun()};
    co_return false;
  }
  if (!whole) {
    account_.outcome = RequestOutcome::kCut;
    account_.error = ExplainFault(attempt, result);
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
  if (!whole) co_return true;
  if (!attempt.exchange().complete()) co_await AwaitEndOfBody(attempt.exchange());
  attempt.exchange().Finish(SteadyClock::now());
  co_return true;
}

Awaitable<void> StreamRelay::EndBroken(bool cut) {
  account_.outcome = RequestOutcome::kCut;
  account_.error = broken_->error;
  std::string& tail = broken_->tail;
  if (cut) {
    const ClientError shutdown = ShutdownError();
    account_.error = shutdown.message;
    tail.clear();
    AppendStreamError(shutdown, broken_->begun, response_, account_, tail);
  }
  if (response_.expose()) AppendCostComment(account_, tail);
  if (told_ != nullptr) TellInEvents(*told_, tail);
  response_.CloseAfter();
  response_.AppendPiece(tail);
  co_await response_.Send();
}

}  // namespace headgate::gateway
