#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "backends/net/types.h"

namespace headgate::backends {

using Endpoints = std::vector<asio::ip::tcp::endpoint>;

// Returns the addresses of a host name in the order in which they are tried. It is the resolver's
// order, but the families take turns, beginning with the first address's family (RFC 8305 section
// 4). So a family that is unreachable costs one delay, however many addresses it has.
Endpoints InterleaveFamilies(const Endpoints& resolved);

// Connects to the first of several addresses that answers ("Happy Eyeballs", RFC 8305 section 5).
// An address that drops packets silently must not use up the time of the next address. The next
// attempt begins beside the previous attempt after a delay, or at once after a failure. The first
// attempt that connects wins, and the other attempts are closed. A single address is connected to
// without a timer. A Connect has no time limit of its own: the owner calls Abort. Worker-bound.
class Connector {
 public:
  // "Connection Attempt Delay", the value that the RFC recommends.
  static constexpr std::chrono::milliseconds kDelay{250};
  // The least that the RFC allows.
  static constexpr std::chrono::milliseconds kShortestDelay{10};

  // Returns the delay if the whole may take `limit`: kDelay, or an equal share of the limit if that
  // is less. So the last address is tried before the time is over.
  static std::chrono::milliseconds DelayWithin(std::chrono::milliseconds limit,
                                               std::size_t addresses);

  explicit Connector(Executor executor) : executor_(std::move(executor)) {}
  // REQUIRES: no Connect is outstanding.
  ~Connector() = default;
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // On success `socket` is connected. Otherwise it is closed, and the error is that of the attempt
  // that failed last. `limit`: how long the owner will wait. `addresses` and `socket` must outlive
  // the call.
  // REQUIRES: `addresses` is not empty.
  Awaitable<error_code> Connect(const Endpoints& addresses, std::chrono::milliseconds limit,
                                TcpSocket& socket);

  // Ends an outstanding Connect, and each later Connect, with operation_aborted.
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
    Timer wake;        // cancelled when an attempt has ended
  };
  Awaitable<error_code> ConnectSingle(const asio::ip::tcp::endpoint& address, TcpSocket& socket);
  static void Begin(const std::shared_ptr<Race>& race, const asio::ip::tcp::endpoint& address);

  const Executor executor_;
  std::shared_ptr<Race> race_;   // while several addresses are tried
  TcpSocket* single_ = nullptr;  // while a single address is tried
  bool aborted_ = false;
};

}  // namespace headgate::backends
