#include "backends/telemetry/load_poll.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace headgate::backends {
namespace {

using config::Engine;

constexpr char kGauges[] = "vllm:num_requests_running 3\n";

TEST(JudgePollTest, TellsSilenceRefusalsAndGarbageApart) {
  const struct {
    int status;
    const char* body;
    bool whole;
    PollResult result;
    bool answered;
  } cases[] = {
      {200, kGauges, true, PollResult::kOk, true},
      {200, "garbage", true, PollResult::kUnreadable, false},
      {200, "", true, PollResult::kUnreadable, false},
      {200, kGauges, false, PollResult::kFailed, true},  // it broke off
      {0, "", false, PollResult::kFailed, true},
      {503, kGauges, true, PollResult::kFailed, true},
      {500, "", true, PollResult::kFailed, true},
      {429, "", true, PollResult::kFailed, true},
      {404, "", true, PollResult::kFailed, false},
      {401, "", true, PollResult::kFailed, false},
      {307, "", true, PollResult::kFailed, false},
      {501, "", true, PollResult::kFailed, false},
  };
  const LoadQuestion question = LoadQuestionsOf(Engine::kVllm)[0];
  for (const auto& test : cases) {
    const PolledLoad polled = JudgePoll(
        question,
        {.status = test.status, .body = test.body, .whole = test.whole, .too_large = false});
    EXPECT_EQ(polled.result, test.result) << test.status << " " << test.body;
    EXPECT_EQ(polled.answered, test.answered) << test.status << " " << test.body;
    EXPECT_EQ(polled.load.running.has_value(), test.result == PollResult::kOk);
  }
  const PolledLoad large =
      JudgePoll(question, {.status = 200, .body = kGauges, .whole = false, .too_large = true});
  EXPECT_EQ(large.result, PollResult::kUnreadable);
}

// A replica on loopback that answers one connection with `answer`.
class LoadPollTest : public testing::Test {
 protected:
  PolledLoad Poll(const std::string& answer) {
    asio::co_spawn(io_, Answer(answer), asio::detached);
    config::Backend backend;
    backend.engine = Engine::kVllm;
    backend.api_key = config::Secret("sk-1");
    backend.replicas = {{.tls = false,
                         .host = "127.0.0.1",
                         .port = acceptor_.local_endpoint().port(),
                         .path = "/v1"}};
    const auto upstream = Upstream::Make(backend);
    std::optional<PolledLoad> polled;
    asio::co_spawn(io_, Ask(**upstream, polled), asio::detached);
    while (!polled && io_.run_one() > 0) {
    }
    error_code ignored;
    acceptor_.close(ignored);
    held_.reset();
    io_.run();
    return *polled;
  }

  Awaitable<void> Answer(std::string answer) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (error) co_return;
    held_ = std::make_unique<TcpSocket>(std::move(socket));
    auto [read_error, size] =
        co_await asio::async_read_until(*held_, asio::dynamic_buffer(seen_), "\r\n\r\n", kAwait);
    if (read_error || size == 0) co_return;
    co_await asio::async_write(*held_, asio::buffer(answer), kAwait);
  }

  Awaitable<void> Ask(const Upstream& upstream, std::optional<PolledLoad>& polled) {
    const LoadQuestion question = LoadQuestionsOf(upstream.engine())[0];
    polled = co_await PollReplica(io_.get_executor(), pool_, upstream, 0, question);
  }

  asio::io_context io_{1};
  TcpAcceptor acceptor_{io_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::unique_ptr<TcpSocket> held_;
  ConnectionPool pool_;
  std::string seen_;
};

TEST_F(LoadPollTest, AsksTheRootOfTheServerWithTheKeyAndReadsTheBody) {
  const std::string body = absl::StrCat(std::string(100'000, '#'), "\n", kGauges);
  const PolledLoad polled =
      Poll(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
  EXPECT_EQ(polled.result, PollResult::kOk);
  EXPECT_EQ(polled.load.running, 3);
  EXPECT_TRUE(seen_.starts_with("GET /metrics HTTP/1.1\r\n")) << seen_;
  EXPECT_NE(seen_.find("authorization: Bearer sk-1\r\n"), std::string::npos) << seen_;
  EXPECT_NE(seen_.find("Connection: close\r\n"), std::string::npos) << seen_;
}

TEST_F(LoadPollTest, ReadsAChunkedBody) {
  const PolledLoad polled =
      Poll(absl::StrCat("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                        absl::Hex(sizeof(kGauges) - 1), "\r\n", kGauges, "\r\n0\r\n\r\n"));
  EXPECT_EQ(polled.load.running, 3);
}

TEST_F(LoadPollTest, LeavesABodyThatIsTooLarge) {
  const PolledLoad polled = Poll(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n",
                                              kGauges, std::string(2u << 20, '#')));
  EXPECT_EQ(polled.result, PollResult::kUnreadable);
}

TEST_F(LoadPollTest, AnAnswerThatNeverEndsIsBounded) {
  const auto begun = Clock::now();
  EXPECT_EQ(Poll("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nvllm").result, PollResult::kFailed);
  EXPECT_LT(Clock::now() - begun, std::chrono::seconds(5));
}

}  // namespace
}  // namespace headgate::backends
