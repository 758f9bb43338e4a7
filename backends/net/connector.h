#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "backends/net/types.h"

namespace headgate::backends {

using Endpoints = std::vector<asio::ip::tcp::endpoint>;

// The addresses of a host name in the order in which they are tried: the resolver's, but the
// families take turns, beginning with that of the first (RFC 8305 section 4). So one family that
// leads nowhere costs one delay, however many addresses it has.
Endpoints InterleaveFamilies(const Endpoints& resolved);

// Connects to the first of several addresses that answers ("Happy Eyeballs", RFC 8305 section 5):
// an address that swallows what is sent to it must not hide the next one until the time is over.
// An attempt gets a delay before the next begins beside it, and a failure begins the next at once.
// The first that connects wins, and the others are closed. A single address is connected to without
// a timer. Does not end by itself: the owner calls Abort. Worker-bound.
class Connector {
 public:
  // "Connection Attempt Delay", the value that the RFC recommends.
  static constexpr std::chrono::milliseconds kDelay{250};
  // The least that the RFC allows.
  static constexpr std::chrono::milliseconds kShortestDelay{10};

  // The delay if the whole may take `limit`: kDelay, or an equal share of the limit where that is
  // less, so that the last address is tried before the time is over.
  static std::chrono::milliseconds DelayWithin(std::chrono::milliseconds limit,
                                               std::size_t addresses);

  explicit Connector(Executor executor) : executor_(std::move(executor)) {}
  // REQUIRES: no Connect is outstanding.
  ~Connector() = default;
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // On success `socket` is connected; else it is closed and the error is that of the attempt that
  // failed last. `limit`: how long the owner will wait. `addresses` and `socket` must outlive the
  // call.
  // REQUIRES: `addresses` is not empty.
  Awaitable<error_code> Connect(const Endpoints& addresses, std::chrono::milliseconds limit,
                                TcpSocket& socket);

  // Ends a Connect that is outstanding, with operation_aborted, and each later one.
  void Abort();

 private:
  using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
  // Shared with the handlers of attempts, which end after the race does.
  struct Race {
    explicit Race(const Executor& executor) : wake(executor) {}
    std::vector<std::unique_ptr<TcpSocket>> attempts;  // null: failed
    std::size_t failed = 0;
    TcpSocket* winner = nullptr;
    error_code error;  // of the attempt that failed last
    Timer wake;        // cancelled when there is something to see
  };
  Awaitable<error_code> ConnectSingle(const asio::ip::tcp::endpoint& address, TcpSocket& socket);
  static void Begin(const std::shared_ptr<Race>& race, const asio::ip::tcp::endpoint& address);

  const Executor executor_;
  std::shared_ptr<Race> race_;   // while several addresses are tried
  TcpSocket* single_ = nullptr;  // while one is
  bool aborted_ = false;
};

}  // namespace headgate::backends
