#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/net/types.h"
#include "backends/upstream/exchange.h"

namespace headgate::gateway {

// The script of a backend for one exchange, without sockets.
struct ExchangeScript {
  std::optional<backends::AttemptResult> fails_at_start;  // fails without an answer
  backends::ResponseHead head{.status = 200, .json = true, .keep_alive = true};
  std::vector<std::string> body;                         // in the pieces in which it comes
  std::optional<backends::AttemptResult> breaks_at_end;  // behind the last piece
  bool waits = false;                                    // before each piece, until GoOn
  bool head_waits = false;                               // for a GoOn of its own
};
ExchangeScript WholeAnswer(std::string json);
ExchangeScript StreamedAnswer(std::vector<std::string> pieces);
ExchangeScript RefusingAnswerOf(int status, std::string json);

// The record of an exchange.
struct ExchangeTrace {
  std::size_t replica_number = 0;
  std::string request;  // all bytes that were sent
  bool finished = false;
  std::optional<backends::AttemptResult> aborted;
};

class FakeExchange final : public backends::Exchange {
 public:
  FakeExchange(const Executor& executor, ExchangeScript script, ExchangeTrace& trace);

  Awaitable<bool> Start(std::span<const asio::const_buffer> request, bool streamed) override;
  Awaitable<bool> ReadMore() override;
  const backends::ResponseHead& head() const override { return script_.head; }
  std::string& body() override { return body_; }
  bool complete() const override { return next_ == script_.body.size() && !script_.breaks_at_end; }
  const backends::UpstreamError& error() const override { return error_; }
  bool sent() const override { return sent_; }
  void Finish(TimePoint) override { trace_.finished = true; }
  std::size_t HeldBytes() const override { return body_.capacity(); }
  void Abort(backends::AttemptResult cause) override;
  void Tick(TimePoint) override {}
  void AwaitFirstToken(TimePoint) override {}
  void Streaming(TimePoint) override {}
  void Expect(TimePoint, std::chrono::milliseconds) override {}
  void Pause() override {}

  // Lets the next piece come. REQUIRES: the script waits.
  void GoOn();

 private:
  using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

  Awaitable<void> WaitForPiece();
  bool Fail(backends::AttemptResult result);

  ExchangeScript script_;
  ExchangeTrace& trace_;
  Timer gate_;
  std::size_t let_through_ = 0;
  std::size_t next_ = 0;  // piece of the body
  std::string body_;
  backends::UpstreamError error_;
  bool sent_ = false;
};

// Makes exchanges from the expected scripts, in order.
class FakeExchanges final : public backends::ExchangeFactory {
 public:
  explicit FakeExchanges(Executor executor) : executor_(std::move(executor)) {}

  void Expect(ExchangeScript script) { scripts_.push_back(std::move(script)); }
  std::unique_ptr<backends::Exchange> Make(const backends::ExchangePlace& place) override;

  // Exchanges in the order in which they were made. A pointer dangles once its attempt has ended.
  std::vector<FakeExchange*> made;
  std::deque<ExchangeTrace> traces;

 private:
  const Executor executor_;
  std::deque<ExchangeScript> scripts_;
};

}  // namespace headgate::gateway
