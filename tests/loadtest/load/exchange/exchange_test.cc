#include "loadtest/load/exchange/exchange.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <string>

namespace headgate::loadtest::load {
namespace {

asio::ip::tcp::endpoint ClosedPort(asio::io_context& io) {
  const asio::ip::tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), 0});
  return acceptor.local_endpoint();
}

// The connection is refused in the turn of the loop in which the client leaves, and the exchange is
// gone when the timer's handler comes. AddressSanitizer sees a handler that uses it.
TEST(Exchange, MayEndAsItsClientLeaves) {
  asio::io_context io;
  Connections connections(io, ClosedPort(io));
  const MixEntry entry;
  const ClientTerms terms{.timeout = std::chrono::seconds(1),
                          .leaves_after = std::chrono::nanoseconds(1)};
  int ended = 0;
  for (int i = 0; i < 100; ++i) {
    asio::co_spawn(
        io,
        [&]() -> asio::awaitable<void> {
          Exchange exchange(connections, entry, "GET / HTTP/1.1\r\n\r\n",
                            std::chrono::steady_clock::now(), terms);
          co_await exchange.Run();
          EXPECT_TRUE(exchange.outcome() == "connect" || exchange.outcome() == "aborted");
          ++ended;
        },
        asio::detached);
  }
  io.run();
  EXPECT_EQ(ended, 100);
}

}  // namespace
}  // namespace headgate::loadtest::load
