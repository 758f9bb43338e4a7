#include "backends/upstream/active_check.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "backends/upstream/http_exchange.h"

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;
using config::Engine;

TEST(HealthQuestionTest, EveryEngineHasAPathAndOthersAreNotAsked) {
  EXPECT_EQ(HealthQuestionOf(Engine::kVllm)->path, "/health");
  EXPECT_EQ(HealthQuestionOf(Engine::kSglang)->path, "/health");
  EXPECT_EQ(HealthQuestionOf(Engine::kLlamaCpp)->path, "/health");
  EXPECT_EQ(HealthQuestionOf(Engine::kTgi)->path, "/health");
  EXPECT_EQ(HealthQuestionOf(Engine::kOllama)->path, "/api/version");
  EXPECT_FALSE(HealthQuestionOf(Engine::kNone).has_value());
}

TEST(HealthQuestionTest, ARefusedQuestionSaysNothing) {
  EXPECT_EQ(JudgeCheck(200), CheckResult::kHealthy);
  EXPECT_EQ(JudgeCheck(204), CheckResult::kHealthy);
  for (const int status : {401, 403, 404, 405}) {
    EXPECT_EQ(JudgeCheck(status), CheckResult::kUnknown) << status;
  }
  for (const int status : {0, 301, 429, 500, 503}) {
    EXPECT_EQ(JudgeCheck(status), CheckResult::kUnhealthy) << status;
  }
}

TEST(CheckScheduleTest, ChecksAtOnceAndThenEveryTwoSecondsOneAtATime) {
  constexpr Clock::time_point kStart{1000h};
  const SharedCircuit one;
  const SharedCircuit other;
  CheckSchedule schedule;
  EXPECT_TRUE(schedule.Begin(&one, kStart));
  EXPECT_TRUE(schedule.Begin(&other, kStart));
  EXPECT_FALSE(schedule.Begin(&one, kStart + 5s)) << "the first is still running";
  schedule.End(&one);
  EXPECT_TRUE(schedule.Begin(&one, kStart + 5s));
  schedule.End(&one);
  EXPECT_FALSE(schedule.Begin(&one, kStart + 7s - 1ms));
  EXPECT_TRUE(schedule.Begin(&one, kStart + 7s));
  schedule.End(&one);
  // A replica that was in use for a round is checked at once when it is ejected again.
  schedule.EndRound(kStart + 7s + 250ms);
  EXPECT_TRUE(schedule.Begin(&one, kStart + 8s));
  schedule.End(&other);
  schedule.End(&other);  // forgotten or not, it is no longer running
}

// A replica on loopback that answers each connection with `answer`; empty: never.
class CheckTest : public testing::Test {
 protected:
  CheckResult Check(const std::string& answer, const config::Backend& backend,
                    std::chrono::milliseconds limit = 1s) {
    asio::co_spawn(io_, Answer(answer), asio::detached);
    auto upstream = Upstream::Make(backend);
    EXPECT_TRUE(upstream.ok()) << upstream.status();
    std::optional<CheckResult> result;
    asio::co_spawn(io_, Ask(**upstream, {"/health", limit}, result), asio::detached);
    while (!result && io_.run_one() > 0) {
    }
    error_code ignored;
    acceptor_.close(ignored);
    io_.run();
    return *result;
  }

  config::Backend Here(const std::string& path) {
    config::Backend backend;
    backend.engine = Engine::kVllm;
    backend.api_key = config::Secret("sk-1");
    backend.replicas = {{.tls = false,
                         .host = "127.0.0.1",
                         .port = acceptor_.local_endpoint().port(),
                         .path = path}};
    return backend;
  }

  Awaitable<void> Answer(std::string answer) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (error) co_return;
    held_ = std::make_unique<TcpSocket>(std::move(socket));
    auto [read_error, size] =
        co_await asio::async_read_until(*held_, asio::dynamic_buffer(seen_), "\r\n\r\n", kAwait);
    if (read_error || size == 0 || answer.empty()) co_return;
    co_await asio::async_write(*held_, asio::buffer(answer), kAwait);
  }

  Awaitable<void> Ask(const Upstream& upstream, HealthQuestion question,
                      std::optional<CheckResult>& result) {
    result = co_await CheckReplica(io_.get_executor(), pool_, upstream, 0, question);
  }

  asio::io_context io_{1};
  TcpAcceptor acceptor_{io_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::unique_ptr<TcpSocket> held_;
  ConnectionPool pool_;
  std::string seen_;
};

TEST_F(CheckTest, AsksTheRootOfTheServerWithTheKey) {
  EXPECT_EQ(Check("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Here("/v1")),
            CheckResult::kHealthy);
  EXPECT_TRUE(seen_.starts_with("GET /health HTTP/1.1\r\n")) << seen_;
  EXPECT_NE(seen_.find("authorization: Bearer sk-1\r\n"), std::string::npos) << seen_;
  EXPECT_NE(seen_.find("Connection: close\r\n"), std::string::npos) << seen_;
}

TEST_F(CheckTest, KeepsAPathInFrontOfTheVersion) {
  Check("HTTP/1.1 503 Loading\r\nContent-Length: 0\r\n\r\n", Here("/pool/v1"));
  EXPECT_TRUE(seen_.starts_with("GET /pool/health HTTP/1.1\r\n")) << seen_;
}

TEST_F(CheckTest, AServerThatIsLoadingIsNotWell) {
  EXPECT_EQ(Check("HTTP/1.1 503 Loading\r\nContent-Length: 0\r\n\r\n", Here("/v1")),
            CheckResult::kUnhealthy);
}

TEST_F(CheckTest, SilenceIsBounded) {
  const auto begun = Clock::now();
  EXPECT_EQ(Check("", Here("/v1"), 50ms), CheckResult::kUnhealthy);
  EXPECT_LT(Clock::now() - begun, 1s);
}

TEST_F(CheckTest, ARefusedConnectionIsNotWell) {
  config::Backend backend = Here("/v1");
  backend.replicas.front().port = [this] {
    const TcpAcceptor closed(io_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    return closed.local_endpoint().port();
  }();
  EXPECT_EQ(Check("", backend), CheckResult::kUnhealthy);
}

// An exchange through a proxy, up to the proxy's answer.
class ProxiedExchangeTest : public CheckTest {
 protected:
  config::Backend Behind(const std::string& host) {
    config::Backend backend;
    backend.replicas = {{.tls = false, .host = host, .port = 8000, .path = "/v1"}};
    backend.proxy = config::EgressProxy{.host = "127.0.0.1",
                                        .port = acceptor_.local_endpoint().port(),
                                        .credentials = config::Secret("user:password")};
    return backend;
  }
  // Makes one exchange and returns its error, or an empty result if there is none.
  UpstreamError Try(const config::Backend& backend, const std::string& answer) {
    asio::co_spawn(io_, Answer(answer), asio::detached);
    const auto upstream = Upstream::Make(backend);
    HttpExchange exchange(io_.get_executor(), pool_,
                          {.upstream = **upstream,
                           .replica = 0,
                           .replica_number = 1,
                           .timeouts = {},
                           .deadline = Clock::now() + 10s});
    std::optional<bool> started;
    asio::co_spawn(io_, Start(exchange, started), asio::detached);
    io_.run();
    EXPECT_EQ(started, false);
    return exchange.error();
  }
  static Awaitable<void> Start(HttpExchange& exchange, std::optional<bool>& started) {
    const std::string request = "GET / HTTP/1.1\r\n\r\n";
    const asio::const_buffer piece = asio::buffer(request);
    started = co_await exchange.Start({&piece, 1}, /*streamed=*/true);
  }
};

TEST_F(ProxiedExchangeTest, AsksTheProxyForTheBackendAndSaysThatItRefused) {
  const UpstreamError error =
      Try(Behind("api.example.com"), "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(seen_.starts_with("CONNECT api.example.com:8000 HTTP/1.1\r\n")) << seen_;
  EXPECT_NE(seen_.find("Proxy-Authorization: Basic dXNlcjpwYXNzd29yZA==\r\n"), std::string::npos);
  EXPECT_EQ(error.result, AttemptResult::kConnectFailed);
  EXPECT_TRUE(error.will_repeat);
  EXPECT_EQ(error.detail,
            "the proxy 127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) +
                " refused the tunnel with status 403");
}

TEST_F(ProxiedExchangeTest, SaysThatTheProxyCannotBeReached) {
  config::Backend backend = Behind("api.example.com");
  backend.proxy->port = [this] {
    const TcpAcceptor closed(io_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    return closed.local_endpoint().port();
  }();
  acceptor_.close();
  const UpstreamError error = Try(backend, "");
  EXPECT_EQ(error.result, AttemptResult::kConnectFailed);
  EXPECT_TRUE(error.detail.starts_with("the proxy 127.0.0.1:")) << error.detail;
  EXPECT_FALSE(error.will_repeat);
}

}  // namespace
}  // namespace headgate::backends
