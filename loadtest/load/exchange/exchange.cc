#include "loadtest/load/exchange/exchange.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <utility>

namespace headgate::loadtest::load {
namespace {

constexpr std::chrono::milliseconds kStall(250);

TimePoint Now() { return std::chrono::steady_clock::now(); }

}  // namespace

std::unique_ptr<Connection> Connections::TakeIdle() {
  if (idle_.empty()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

Exchange::Exchange(Connections& connections, const MixEntry& entry, std::string request,
                   TimePoint due, const ClientTerms& terms)
    : connections_(connections),
      entry_(entry),
      request_(std::move(request)),
      due_(due),
      terms_(terms),
      timer_(connections.io()),
      stream_(terms.keep_text) {}

asio::awaitable<void> Exchange::Run() {
  const bool aborts = terms_.leaves_after && *terms_.leaves_after < terms_.timeout;
  timer_.expires_after(aborts ? *terms_.leaves_after : terms_.timeout);
  // A timer that has expired cannot be cancelled: its handler may come after the exchange.
  const std::weak_ptr<bool> exists = exists_;
  timer_.async_wait([this, aborts, exists](const boost::system::error_code& error) {
    if (!error && !exists.expired()) Break(aborts ? Leave::kAborted : Leave::kTimeout);
  });
  connection_ = connections_.TakeIdle();
  if (connection_) {
    // The server may have closed the idle connection just now. Then no answer has started, and the
    // request is sent again on a new connection.
    const bool answered = co_await Talk();
    if (!answered && !answer_->has_head() && leave_ == Leave::kNo) connection_.reset();
  }
  if (!connection_ && leave_ == Leave::kNo) {
    const bool connected = co_await Connect();
    if (connected) {
      co_await Talk();
    } else if (leave_ == Leave::kNo) {
      outcome_ = "connect";
    }
  }
  end_ = Now();
  timer_.cancel();
  if (outcome_.empty()) Judge();
  const bool reusable = ended_whole_ && leave_ == Leave::kNo && answer_->keeps_alive();
  if (reusable) connections_.Give(std::move(connection_));
  connection_.reset();
}

asio::awaitable<bool> Exchange::Connect() {
  connection_ = std::make_unique<Connection>(connections_.io());
  const auto [error] = co_await connection_->socket.async_connect(connections_.server(), kAwait);
  if (error) co_return false;
  boost::system::error_code ignored;
  connection_->socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  co_return true;
}

// Returns false if the connection ended, or was closed here, before the answer was complete.
asio::awaitable<bool> Exchange::Talk() {
  answer_ = std::make_unique<AnswerReader>();
  // An error of the write is ignored: a server may refuse a request and close the connection before
  // it has read the whole request.
  co_await asio::async_write(connection_->socket, asio::buffer(request_), kAwait);
  while (leave_ == Leave::kNo) {
    const auto [error, size] =
        co_await connection_->socket.async_read_some(asio::buffer(connection_->buffer), kAwait);
    if (error) {
      ended_whole_ = leave_ == Leave::kNo && error == asio::error::eof && answer_->End();
      break;
    }
    if (!Take({connection_->buffer.data(), size})) break;
    if (!answer_->is_done()) continue;
    ended_whole_ = true;
    break;
  }
  co_return ended_whole_;
}

// Returns false if no more bytes are wanted.
bool Exchange::Take(std::string_view bytes) {
  if (!answer_->Feed(bytes)) {
    facts_.malformed = true;
    return false;
  }
  const bool streams = answer_->is_event_stream();
  bytes_ += streams ? answer_->body().size() : 0;
  if (!streams) return true;
  TakeEvents(stream_.Feed(answer_->body()));
  answer_->body().clear();
  const auto wanted = entry_.abort_after_chunks;
  if (wanted && stream_.facts().chunks >= static_cast<std::uint64_t>(*wanted)) {
    Break(Leave::kAborted);
    return false;
  }
  return true;
}

// Events that arrive together count as one arrival: the client did not wait between them.
void Exchange::TakeEvents(std::uint64_t contents) {
  if (contents == 0) return;
  const TimePoint now = Now();
  if (first_ == TimePoint{}) {
    first_ = now;
  } else {
    gaps_.Add(now - last_);
    stalls_ += now - last_ > kStall ? 1u : 0u;
  }
  last_ = now;
}

void Exchange::Judge() {
  if (leave_ != Leave::kNo) {
    outcome_ = leave_ == Leave::kAborted ? "aborted" : "timeout";
    facts_ = stream_.facts();
    return;
  }
  if (facts_.malformed) {
    outcome_ = "malformed";
    return;
  }
  if (!answer_ || !answer_->has_head()) {
    outcome_ = "reset";
    return;
  }
  const bool streamed = answer_->is_event_stream();
  if (streamed) {
    facts_ = stream_.facts();
  } else if (ended_whole_ && answer_->status() == 200) {
    facts_ = ReadWholeAnswer(answer_->body(), terms_.keep_text);
  }
  if (answer_->status() != 200) {
    outcome_ = "status_" + std::to_string(answer_->status());
  } else if (facts_.error) {
    outcome_ = "error_event";
  } else if (facts_.malformed) {
    outcome_ = "malformed";
  } else if (!ended_whole_ || (streamed && !facts_.done)) {
    outcome_ = "cut";
  } else {
    outcome_ = "ok";
  }
}

void Exchange::Break(Leave why) {
  leave_ = why;
  boost::system::error_code ignored;
  if (connection_) connection_->socket.close(ignored);
}

std::optional<std::chrono::nanoseconds> Exchange::ttft() const {
  if (first_ == TimePoint{}) return std::nullopt;
  return first_ - due_;
}

std::string Exchange::Target() const {
  if (!answer_) return {};
  const auto found = answer_->fields().find("x-headgate-target");
  return found == answer_->fields().end() ? facts_.target : found->second;
}

// Whether the client got what it wanted in time: the first content of a stream, or a whole answer.
// A client that left before that says nothing about it.
void Exchange::CountSlo(Tally& tally) const {
  if (!entry_.slo_ttft) return;
  const bool whole = outcome_ == "ok" && (!answer_ || !answer_->is_event_stream());
  const auto waited = whole ? std::optional(total()) : ttft();
  if (!waited && outcome_ == "aborted") return;
  ++(waited && *waited <= *entry_.slo_ttft ? tally.slo_met : tally.slo_missed);
}

void Exchange::CountService(Tally& tally) const {
  if (answer_ && answer_->has_head()) {
    ++tally.statuses[answer_->status()];
    const auto retry_after = answer_->fields().find("retry-after");
    if (retry_after != answer_->fields().end()) {
      tally.retry_after.Add(std::chrono::seconds(std::atoll(retry_after->second.c_str())));
    }
  }
  const std::string target = Target();
  if (!target.empty()) ++tally.targets[target];
  if (first_ == TimePoint{}) return;
  tally.ttft.Add(first_ - due_);
  tally.served.Add(end_ - first_);
}

void Exchange::AddTo(Tally& tally) const {
  ++tally.sent;
  if (outcome_ == "ok") {
    ++tally.ok;
    tally.latency.Add(end_ - due_);
  } else if (outcome_ == "aborted") {
    ++tally.aborted;
  } else {
    ++tally.errors[outcome_];
  }
  CountService(tally);
  CountSlo(tally);
  tally.gap.Add(gaps_);
  tally.stalls += stalls_;
  tally.chunks += facts_.chunks;
  tally.bytes += bytes_ + (answer_ ? answer_->body_bytes() : 0);
  tally.input_tokens += static_cast<std::uint64_t>(facts_.input_tokens);
  tally.output_tokens += static_cast<std::uint64_t>(facts_.output_tokens);
  tally.cached_tokens += static_cast<std::uint64_t>(facts_.cached_tokens);
}

}  // namespace headgate::loadtest::load
