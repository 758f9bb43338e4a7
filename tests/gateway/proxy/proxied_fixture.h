#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "gateway/accounting/request_account.h"
#include "gateway/http/endpoints.h"
#include "gateway/http/head_parser.h"
#include "gateway/proxy/proxied_request.h"
#include "tests/gateway/daemon_fixture.h"
#include "tests/gateway/fake_client.h"
#include "tests/gateway/fake_exchange.h"

namespace headgate::gateway {

// A worker without sockets, and one client that asks once.
class ProxiedFixture : public testing::Test {
 protected:
  // `head`: of the request, with the blank line.
  ProxiedFixture(std::string_view policy, std::string_view head)
      : snapshot_(InForce(std::string(policy))),
        exchanges_(io_.get_executor()),
        worker_(io_.get_executor(), exchanges_, cap_, namer_, table_, /*seed=*/1),
        response_(client_, worker_.texts, worker_.clock),
        head_bytes_(head) {}

  void SetUp() override { Begin(); }

  // Begins a request with the head.
  void Begin() {
    HeadProblem problem;
    ASSERT_EQ(ParseRequestHead(head_bytes_, 32u << 10, 0, head_, problem).verdict,
              HeadVerdict::kComplete);
    account_ = {};
    account_.snapshot = snapshot_;
    account_.id = RequestId::Make(worker_.random);
    account_.started = account_.body_read = SteadyClock::now();
    response_.Begin(head_, FindEndpoint(head_.method, head_.path).protocol, account_.id.View(), {});
  }

  ClientRequest Ask(std::string body) {
    body_ = std::move(body);
    const std::size_t size = body_.size();
    body_.append(backends::RequestReader::kPadding, ' ');
    return {head_, {body_.data(), size}, *FindEndpoint(head_.method, head_.path).row, {}};
  }

  static Awaitable<bool> RunToEnd(ProxiedRequest& request) {
    co_await request.Run();
    co_return true;
  }
  void Run(const ClientRequest& asked) {
    ProxiedRequest request(worker_, asked, response_, account_);
    Await(io_, RunToEnd(request));
  }

  std::size_t Count(std::string_view text) const {
    std::size_t count = 0;
    for (std::size_t at = client_.sent.find(text); at != std::string::npos;
         at = client_.sent.find(text, at + 1)) {
      ++count;
    }
    return count;
  }

  asio::io_context io_{1};
  SeriesCap cap_{kMostSeries};
  ConversationNamer namer_;
  ConversationTable table_;
  std::shared_ptr<const Snapshot> snapshot_;
  FakeExchanges exchanges_;
  WorkerContext worker_;
  FakeClient client_;
  ClientResponse response_;
  std::string head_bytes_;
  RequestHead head_;
  std::string body_;
  RequestAccount account_;
};

}  // namespace headgate::gateway
