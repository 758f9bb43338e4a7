#pragma once

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadtest/load/exchange/answer_reader.h"
#include "loadtest/load/exchange/stream_reader.h"
#include "loadtest/load/measurement/tally.h"
#include "loadtest/load/traffic/scenario.h"

namespace headgate::loadtest::load {

namespace asio = boost::asio;
using TimePoint = std::chrono::steady_clock::time_point;
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

struct Connection {
  explicit Connection(asio::io_context& io) : socket(io) {}
  asio::ip::tcp::socket socket;
  std::array<char, 8192> buffer;
};

// Connections to one address that wait to be used again. Thread-compatible.
class Connections {
 public:
  Connections(asio::io_context& io, const asio::ip::tcp::endpoint& server)
      : io_(io), server_(server) {}

  asio::io_context& io() { return io_; }
  const asio::ip::tcp::endpoint& server() const { return server_; }
  std::unique_ptr<Connection> TakeIdle();  // the connection used last, or null if none is idle
  void Give(std::unique_ptr<Connection> connection) { idle_.push_back(std::move(connection)); }

 private:
  asio::io_context& io_;
  const asio::ip::tcp::endpoint server_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

// How long a client waits, and what it keeps.
struct ClientTerms {
  std::chrono::nanoseconds timeout = std::chrono::seconds(60);
  std::optional<std::chrono::nanoseconds> leaves_after;  // the client leaves on its own
  bool keep_text = false;                                // of the answer
};

// One request and its answer. Thread-compatible.
class Exchange {
 public:
  // `connections` and `entry` must outlive the exchange. `due`: when the request should be sent.
  Exchange(Connections& connections, const MixEntry& entry, std::string request, TimePoint due,
           const ClientTerms& terms);

  // Sends the request and reads until the answer ends, completely or not.
  asio::awaitable<void> Run();
  // Adds the outcome to `tally`. REQUIRES: Run() has ended.
  void AddTo(Tally& tally) const;

  // "ok", "aborted" or the kind of error: connect, reset, timeout, cut, error_event, malformed or
  // status_ with the HTTP status (status_429).
  const std::string& outcome() const { return outcome_; }
  int status() const { return answer_ ? answer_->status() : 0; }
  const AnswerReader* answer() const { return answer_.get(); }
  const AnswerFacts& facts() const { return facts_; }
  TimePoint due() const { return due_; }
  // Counted from the moment at which the request was due. The time to first token is nullopt
  // without content in a stream.
  std::optional<std::chrono::nanoseconds> ttft() const;
  std::chrono::nanoseconds total() const { return end_ - due_; }
  // The target that the gateway names; empty if it names none.
  std::string Target() const;

 private:
  enum class Leave { kNo, kTimeout, kAborted };

  asio::awaitable<bool> Connect();
  asio::awaitable<bool> Talk();
  bool Take(std::string_view bytes);
  void TakeEvents(std::uint64_t contents);
  void Judge();
  void Break(Leave why);
  void CountService(Tally& tally) const;
  void CountSlo(Tally& tally) const;

  Connections& connections_;
  const MixEntry& entry_;
  const std::string request_;
  const TimePoint due_;
  const ClientTerms terms_;
  const std::shared_ptr<bool> exists_ = std::make_shared<bool>(true);
  asio::steady_timer timer_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<AnswerReader> answer_;
  StreamReader stream_;
  AnswerFacts facts_;
  Leave leave_ = Leave::kNo;
  bool ended_whole_ = false;
  std::string outcome_;
  TimePoint first_;  // content came
  TimePoint last_;
  TimePoint end_;
  std::uint64_t bytes_ = 0;
  std::uint64_t stalls_ = 0;
  Histogram gaps_;
};

}  // namespace headgate::loadtest::load
