#include "backends/net/http_tunnel.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::backends {
namespace {

using State = TunnelAnswer::State;

TEST(ConnectRequestTest, NamesHostAndPortTwiceAndTheCredentials) {
  const ProxyAddress open{.host = "proxy", .port = 3128, .name = "proxy:3128", .authorization = {}};
  EXPECT_EQ(ConnectRequest("api.example.com", 443, open),
            "CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n");
  const ProxyAddress closed{
      .host = "proxy", .port = 3128, .name = "proxy:3128", .authorization = "Basic dTpw"};
  EXPECT_EQ(ConnectRequest("2001:db8::1", 8443, closed),
            "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"
            "Proxy-Authorization: Basic dTpw\r\n\r\n");
}

TEST(TunnelAnswerTest, JudgesTheHeadHoweverItIsTorn) {
  const struct {
    std::string_view head;
    State state;
    int status;
  } kRows[] = {
      {"HTTP/1.1 200 Connection established\r\n\r\n", State::kOpen, 200},
      {"HTTP/1.0 200\r\nProxy-Agent: x\r\n\r\n", State::kOpen, 200},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", State::kOpen, 200},
      {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", State::kRefused,
       407},
      {"HTTP/1.1 503 Service Unavailable\r\n\r\n", State::kRefused, 503},
      {"HTTP/2 200 OK\r\n\r\n", State::kMalformed, 0},
      {"HTTP/1.1 2000 OK\r\n\r\n", State::kMalformed, 0},
      {"HTTP/1.1 xyz OK\r\n\r\n", State::kMalformed, 0},
      {"SSH-2.0-OpenSSH\r\n", State::kMalformed, 0},
      {"H\r\n\r\n", State::kMalformed, 0},
  };
  for (const auto& row : kRows) {
    for (std::size_t piece = 1; piece <= row.head.size(); ++piece) {
      TunnelAnswer answer;
      State state = State::kIncomplete;
      for (std::size_t at = 0; at < row.head.size() && state == State::kIncomplete; at += piece) {
        state = answer.Feed(row.head.substr(at, piece));
      }
      EXPECT_EQ(state, row.state) << row.head << " in pieces of " << piece;
      EXPECT_EQ(answer.status(), row.status) << row.head;
    }
  }
}

TEST(TunnelAnswerTest, NothingMayFollowBeforeTheTunnelIsUsed) {
  TunnelAnswer early;
  EXPECT_EQ(early.Feed("HTTP/1.1 200 OK\r\n\r\nx"), State::kMalformed);
  TunnelAnswer refused;
  EXPECT_EQ(refused.Feed("HTTP/1.1 403 No\r\n\r\nwhy"), State::kRefused);
}

TEST(TunnelAnswerTest, AHeadWithoutAnEndIsGivenUp) {
  TunnelAnswer answer;
  EXPECT_EQ(answer.Feed("HTTP/1.1 200 OK\r\n"), State::kIncomplete);
  EXPECT_EQ(answer.Feed(std::string(TunnelAnswer::kMost, 'a')), State::kMalformed);
}

// A proxy on loopback that reads one head and answers `answer`; empty: it closes.
class TunnelTest : public testing::Test {
 protected:
  TunnelResult Open(std::string_view answer) {
    asio::co_spawn(io_, Serve(std::string(answer)), asio::detached);
    std::optional<TunnelResult> result;
    asio::co_spawn(io_, Ask(result), asio::detached);
    io_.run();
    return result.value_or(TunnelResult{.open = false, .status = -1, .reason = "no result"});
  }

  Awaitable<void> Serve(std::string answer) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (error) co_return;
    auto [read_error, size] =
        co_await asio::async_read_until(socket, asio::dynamic_buffer(seen_), "\r\n\r\n", kAwait);
    if (read_error || size == 0) co_return;
    co_await asio::async_write(socket, asio::buffer(answer), kAwait);
  }

  Awaitable<void> Ask(std::optional<TunnelResult>& result) {
    TcpSocket socket(io_);
    co_await socket.async_connect(acceptor_.local_endpoint(), kAwait);
    Stream stream(std::move(socket));
    stream.Configure();
    const std::string request = ConnectRequest("api.example.com", 443, {});
    result = co_await OpenTunnel(stream, request);
  }

  asio::io_context io_{1};
  TcpAcceptor acceptor_{io_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::string seen_;
};

TEST_F(TunnelTest, OpensWhenTheProxyAgrees) {
  EXPECT_TRUE(Open("HTTP/1.1 200 OK\r\n\r\n").open);
  EXPECT_TRUE(seen_.starts_with("CONNECT api.example.com:443 HTTP/1.1\r\n")) << seen_;
}

TEST_F(TunnelTest, SaysThatTheProxyRefusesAndWhatItWants) {
  const TunnelResult result = Open("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(result.open);
  EXPECT_EQ(result.status, 407);
  EXPECT_EQ(result.reason, "refused the tunnel with status 407, it wants a user and a password");
}

TEST_F(TunnelTest, SaysThatTheProxyClosed) {
  const TunnelResult result = Open("");
  EXPECT_FALSE(result.open);
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.reason, "closed the connection");
}

TEST_F(TunnelTest, SaysThatItIsNoProxy) {
  const TunnelResult result = Open("220 mail.example.com ESMTP\r\n\r\n");
  EXPECT_FALSE(result.open);
  EXPECT_EQ(result.reason, "did not answer as an HTTP proxy");
}

}  // namespace
}  // namespace headgate::backends
