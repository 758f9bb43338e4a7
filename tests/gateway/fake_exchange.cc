#include "tests/gateway/fake_exchange.h"

#include <gtest/gtest.h>

namespace headgate::gateway {

using backends::AttemptResult;

ExchangeScript WholeAnswer(std::string json) {
  ExchangeScript script;
  script.body.push_back(std::move(json));
  return script;
}

ExchangeScript StreamedAnswer(std::vector<std::string> pieces) {
  ExchangeScript script;
  script.head.json = false;
  script.head.event_stream = true;
  script.body = std::move(pieces);
  return script;
}

ExchangeScript RefusingAnswerOf(int status, std::string json) {
  ExchangeScript script = WholeAnswer(std::move(json));
  script.head.status = status;
  return script;
}

FakeExchange::FakeExchange(const Executor& executor, ExchangeScript script, ExchangeTrace& trace)
    : script_(std::move(script)), trace_(trace), gate_(executor, TimePoint::max()) {}

Awaitable<bool> FakeExchange::Start(std::span<const asio::const_buffer> request, bool) {
  for (const asio::const_buffer& piece : request) {
    trace_.request.append(static_cast<const char*>(piece.data()), piece.size());
  }
  if (script_.fails_at_start) co_return Fail(*script_.fails_at_start);
  sent_ = true;
  if (script_.head_waits) co_await WaitForPiece();
  if (trace_.aborted) co_return Fail(*trace_.aborted);
  co_return true;
}

Awaitable<bool> FakeExchange::ReadMore() {
  EXPECT_FALSE(complete()) << "read behind the end of the body";
  if (script_.waits) co_await WaitForPiece();
  if (trace_.aborted) co_return Fail(*trace_.aborted);
  if (next_ == script_.body.size()) co_return Fail(*script_.breaks_at_end);
  body_ += script_.body[next_++];
  co_return true;
}

Awaitable<void> FakeExchange::WaitForPiece() {
  while (let_through_ == 0 && !trace_.aborted) co_await gate_.async_wait(kAwait);
  if (let_through_ > 0) --let_through_;
}

void FakeExchange::GoOn() {
  ++let_through_;
  gate_.cancel();
}

void FakeExchange::Abort(AttemptResult cause) {
  if (!trace_.aborted) trace_.aborted = cause;
  gate_.cancel();
}

bool FakeExchange::Fail(AttemptResult result) {
  error_.result = result;
  return false;
}

std::unique_ptr<backends::Exchange> FakeExchanges::Make(const backends::ExchangePlace& place) {
  ExchangeTrace& trace = traces.emplace_back();
  trace.replica_number = place.replica_number;
  if (scripts_.empty()) {
    ADD_FAILURE() << "more exchanges than expected";
    scripts_.push_back(WholeAnswer("{}"));
  }
  auto exchange = std::make_unique<FakeExchange>(executor_, std::move(scripts_.front()), trace);
  scripts_.pop_front();
  made.push_back(exchange.get());
  return exchange;
}

}  // namespace headgate::gateway
