#include "backends/net/connector.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace headgate::backends {
namespace {

using asio::ip::tcp;
using std::chrono::milliseconds;

// A port that does not answer SYNs: the queue of its listening socket is full, and nobody accepts.
class SilentPort {
 public:
  explicit SilentPort(asio::io_context& io) : listener_(io) {
    listener_.open(tcp::v4());
    listener_.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    listener_.listen(0);
    // Linux queues one connection more than the backlog says. The SYNs of the rest are dropped.
    for (int i = 0; i < 3; ++i) {
      fillers_.emplace_back(io, tcp::v4());
      fillers_.back().native_non_blocking(true);
      // Asio's connect would wait, even if the socket is non-blocking.
      std::ignore = ::connect(fillers_.back().native_handle(), address().data(),
                              static_cast<socklen_t>(address().size()));
    }
  }
  tcp::endpoint address() const { return listener_.local_endpoint(); }

 private:
  TcpAcceptor listener_;
  std::vector<TcpSocket> fillers_;
};

class ConnectorTest : public testing::Test {
 protected:
  tcp::endpoint Closed() {
    TcpAcceptor closed(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    return closed.local_endpoint();
  }
  tcp::endpoint Open() const { return open_.local_endpoint(); }

  // Runs until Connect has an answer; aborts it after `abort_after`, if given.
  error_code Connect(const Endpoints& addresses, std::optional<milliseconds> abort_after = {},
                     milliseconds limit = std::chrono::seconds(10)) {
    Connector connector(io_.get_executor());
    error_code result = asio::error::try_again;
    const TimePoint begun = SteadyClock::now();
    asio::co_spawn(
        io_,
        [&]() -> Awaitable<void> {
          result = co_await connector.Connect(addresses, limit, socket_);
        },
        asio::detached);
    asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor> timer(io_);
    if (abort_after) {
      timer.expires_after(*abort_after);
      timer.async_wait([&](const error_code&) { connector.Abort(); });
    }
    io_.restart();
    io_.run();
    took_ = SteadyClock::now() - begun;
    return result;
  }

  asio::io_context io_{1};
  TcpAcceptor open_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  SilentPort silent_{io_};
  TcpSocket socket_{io_};
  SteadyClock::duration took_{};
};

TEST_F(ConnectorTest, ConnectsToASingleAddress) {
  EXPECT_FALSE(Connect({Open()}));
  EXPECT_EQ(socket_.remote_endpoint(), Open());
}

TEST_F(ConnectorTest, SaysWhyASingleAddressFails) {
  EXPECT_EQ(Connect({Closed()}), asio::error::connection_refused);
  EXPECT_FALSE(socket_.is_open());
}

TEST_F(ConnectorTest, TriesTheNextAddressWhenTheFirstSwallowsWhatIsSent) {
  EXPECT_FALSE(Connect({silent_.address(), Open()}));
  EXPECT_EQ(socket_.remote_endpoint(), Open());
  EXPECT_GE(took_, Connector::kDelay);
  // The loop has ended, so the first attempt was closed: its SYN would be sent for two minutes.
  EXPECT_LT(took_, Connector::kDelay * 4);
}

TEST_F(ConnectorTest, TriesEveryAddressWithinAShortLimit) {
  const Endpoints addresses = {silent_.address(), silent_.address(), silent_.address(), Open()};
  EXPECT_FALSE(Connect(addresses, milliseconds(400), milliseconds(200)));
  EXPECT_EQ(socket_.remote_endpoint(), Open());
  EXPECT_GE(took_, milliseconds(150));
}

TEST(ConnectorDelay, IsAnEqualShareOfAShortLimit) {
  struct Case {
    int limit_ms;
    std::size_t addresses;
    int delay_ms;
  };
  const Case cases[] = {{2000, 2, 250}, {2000, 8, 250}, {2000, 16, 125}, {500, 2, 250},
                        {100, 2, 50},   {100, 3, 33},   {100, 20, 10},   {-5, 2, 10}};
  for (const Case& c : cases) {
    EXPECT_EQ(Connector::DelayWithin(milliseconds(c.limit_ms), c.addresses),
              milliseconds(c.delay_ms))
        << c.limit_ms << " ms, " << c.addresses << " addresses";
  }
}

TEST_F(ConnectorTest, TriesTheNextAddressAtOnceWhenOneIsRefused) {
  EXPECT_FALSE(Connect({Closed(), Closed(), Closed(), Open()}));
  EXPECT_EQ(socket_.remote_endpoint(), Open());
  EXPECT_LT(took_, Connector::kDelay);
}

TEST_F(ConnectorTest, ARefusalEndsTheDelayOfAnEarlierAttempt) {
  // The first attempt costs 250 ms, and the second, refused one costs no time.
  EXPECT_FALSE(Connect({silent_.address(), Closed(), Open()}));
  EXPECT_EQ(socket_.remote_endpoint(), Open());
  EXPECT_LT(took_, Connector::kDelay * 2);
}

TEST_F(ConnectorTest, WaitsForAnEarlyAttemptWhenTheLaterOnesFail) {
  // Only Abort ends the attempt at the silent port.
  EXPECT_EQ(Connect({silent_.address(), Closed()}, milliseconds(600)),
            asio::error::operation_aborted);
  EXPECT_GE(took_, milliseconds(600));
  EXPECT_LT(took_, milliseconds(1000));
}

TEST_F(ConnectorTest, FailsWhenEveryAddressFails) {
  EXPECT_EQ(Connect({Closed(), Closed()}), asio::error::connection_refused);
  EXPECT_FALSE(socket_.is_open());
  EXPECT_LT(took_, Connector::kDelay);
}

TEST_F(ConnectorTest, BeginsNoAttemptThatIsNotNeeded) {
  EXPECT_FALSE(Connect({Open(), Open()}));
  TcpSocket accepted(io_);
  open_.accept(accepted);
  open_.non_blocking(true);
  error_code error;
  TcpSocket second(io_);
  open_.accept(second, error);
  EXPECT_EQ(error, asio::error::would_block);
}

TEST_F(ConnectorTest, CanBeAbortedAtAnyMoment) {
  for (const Endpoints& addresses :
       {Endpoints{silent_.address()}, Endpoints{silent_.address(), silent_.address()},
        Endpoints{silent_.address(), silent_.address(), silent_.address()}}) {
    for (const int after_ms : {0, 1, 249, 250, 251, 400}) {
      EXPECT_EQ(Connect(addresses, milliseconds(after_ms)), asio::error::operation_aborted);
      EXPECT_LT(took_, milliseconds(after_ms + 150));
      EXPECT_FALSE(socket_.is_open());
    }
  }
}

TEST(InterleaveFamilies, LetsTheFamiliesTakeTurns) {
  const auto make = [](const std::vector<std::string>& addresses) {
    Endpoints endpoints;
    for (const std::string& address : addresses) {
      endpoints.emplace_back(asio::ip::make_address(address), 443);
    }
    return endpoints;
  };
  struct Case {
    std::vector<std::string> resolved, expected;
  };
  const std::vector<Case> cases = {
      {{}, {}},
      {{"192.0.2.1"}, {"192.0.2.1"}},
      {{"192.0.2.2", "192.0.2.1"}, {"192.0.2.2", "192.0.2.1"}},
      {{"2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"},
       {"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"}},
      {{"192.0.2.1", "2001:db8::1", "2001:db8::2", "2001:db8::3"},
       {"192.0.2.1", "2001:db8::1", "2001:db8::2", "2001:db8::3"}},
      {{"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"},
       {"192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"}},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(InterleaveFamilies(make(c.resolved)), make(c.expected));
  }
}

}  // namespace
}  // namespace headgate::backends
