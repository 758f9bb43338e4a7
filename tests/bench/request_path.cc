// The cost of a request to a worker, from its first byte to its line in the access log: the
// gateway's own code, without sockets and without waiting. tests/bench/request_path.py counts its
// instructions under callgrind.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/net/response_parser.h"
#include "backends/net/types.h"
#include "backends/upstream/exchange.h"
#include "config/base/check.h"
#include "config/environment.h"
#include "config/load.h"
#include "gateway/accounting/request_account.h"
#include "gateway/accounting/request_books.h"
#include "gateway/attempt/worker_context.h"
#include "gateway/connection/admission.h"
#include "gateway/connection/incoming_message.h"
#include "gateway/http/endpoints.h"
#include "gateway/log/log.h"
#include "gateway/proxy/proxied_request.h"
#include "gateway/relay/client_response.h"
#include "gateway/snapshot/snapshot.h"
#include "tests/bench/request_scenarios.h"
#include "tests/support/allocations.h"

namespace headgate::gateway {
namespace {

// `backend`: keys of both backends.
std::string PolicyOf(std::string_view backend) {
  return R"(
server: {auth: none}
backends:
  one: {hosting: paid_api, url: "http://127.0.0.1:1", api_key: key-of-one, )" +
         std::string(backend) + R"(, models: {gpt-4.1: {name: first, price: {input: 1, output: 2}}}}
  two: {hosting: paid_api, url: "http://127.0.0.1:2", api_key: key-of-two, )" +
         std::string(backend) +
         R"(, models: {gpt-4.1: {name: second, price: {input: 10, output: 20}}}}
routes:
  - {name: code, when: {class: code}, targets: [gpt-4.1@two]}
  - {name: rest, targets: [gpt-4.1@one, gpt-4.1@two], prefer: lowest_cost}
)";
}

// An exchange whose whole answer has already come. It parses as HttpExchange does.
class RecordedExchange final : public backends::Exchange {
 public:
  // `wire` takes the bytes that are sent, `input` holds bytes that have come and are not parsed
  // yet; both outlive the exchange.
  RecordedExchange(const std::vector<std::string>& answer, std::string& wire, std::string& input)
      : answer_(answer), wire_(wire), input_(input) {
    input_.clear();
    parser_.eager(false);
  }

  Awaitable<bool> Start(std::span<const asio::const_buffer> request, bool) override {
    wire_.clear();
    for (const asio::const_buffer& piece : request) {
      wire_.append(static_cast<const char*>(piece.data()), piece.size());
    }
    while (!parser_.is_header_done()) ReadPiece();
    co_return true;
  }
  Awaitable<bool> ReadMore() override {
    ReadPiece();
    co_return true;
  }

  const backends::ResponseHead& head() const override { return parser_.head(); }
  std::string& body() override { return parser_.body(); }
  bool complete() const override { return parser_.is_done(); }
  const backends::UpstreamError& error() const override { return error_; }
  bool sent() const override { return true; }
  void Finish(TimePoint) override {}
  std::size_t HeldBytes() const override { return parser_.body().capacity(); }
  void Abort(backends::AttemptResult) override {}
  void Tick(TimePoint) override {}
  void AwaitFirstToken(TimePoint) override {}
  void Streaming(TimePoint) override {}
  void Expect(TimePoint, std::chrono::milliseconds) override {}
  void Pause() override {}

 private:
  void ReadPiece() {
    HEADGATE_CHECK(next_ < answer_.size());
    input_ += answer_[next_++];
    error_code error;
    std::size_t used = 0;
    while (used < input_.size() && !parser_.is_done() && !error) {
      used += parser_.put(asio::const_buffer(input_.data() + used, input_.size() - used), error);
    }
    HEADGATE_CHECK(!error || error == boost::beast::http::error::need_more);
    input_.erase(0, used);
  }

  const std::vector<std::string>& answer_;
  std::string& wire_;
  std::string& input_;
  backends::ResponseParser parser_;
  backends::UpstreamError error_;
  std::size_t next_ = 0;
};

class RecordedExchanges final : public backends::ExchangeFactory {
 public:
  explicit RecordedExchanges(const std::vector<std::string>& answer) : answer_(answer) {}
  std::unique_ptr<backends::Exchange> Make(const backends::ExchangePlace&) override {
    return std::make_unique<RecordedExchange>(answer_, wire_, input_);
  }

 private:
  const std::vector<std::string>& answer_;
  std::string wire_;
  std::string input_;
};

// A client that takes everything at once.
class Sink final : public ClientSink {
 public:
  Awaitable<bool> Send(std::string_view bytes) override {
    sent_ += bytes.size();
    co_return true;
  }
  void Break() override { HEADGATE_CHECK(false); }
  bool closes() const override { return false; }
  std::size_t sent() const { return sent_; }

 private:
  std::size_t sent_ = 0;
};

std::shared_ptr<const Snapshot> InForce(std::string_view backend) {
  config::LoadResult loaded =
      config::LoadText(PolicyOf(backend), "request_path.yaml", config::ProcessEnvironment());
  for (const config::Diagnostic& found : loaded.diagnostics) std::cerr << ToString(found) << "\n";
  HEADGATE_CHECK(loaded.config.has_value());
  LabelTable labels;
  auto snapshot = Snapshot::Make(*std::move(loaded.config), nullptr, labels);
  HEADGATE_CHECK(snapshot.ok());
  return *std::move(snapshot);
}

// An access log that is never written to a file: its lines stay in memory.
std::shared_ptr<Log> UnwrittenLog() {
  auto file = LogFile::Open("/dev/null");
  HEADGATE_CHECK(file.ok());
  return std::make_shared<Log>(*std::move(file),
                               std::make_shared<LogKind>("access", "the access log"), LogRotation{},
                               [] {});
}

// One worker and one connection that serve a scenario again and again.
class Bench {
 public:
  explicit Bench(const Scenario& scenario)
      : scenario_(scenario),
        snapshot_(InForce(scenario.backend)),
        exchanges_(scenario.answer),
        worker_(io_.get_executor(), exchanges_, cap_, namer_, table_, /*seed=*/1),
        books_(UnwrittenLog(), table_, worker_.metrics, worker_.clock) {}

  void Serve(int requests) {
    asio::co_spawn(io_, ServeAll(requests), asio::detached);
    io_.restart();
    io_.run();
  }
  // Allocations of the cheapest request so far. A buffer that grows and is kept would count only
  // for the request during which it grows.
  std::size_t allocations() const { return allocations_; }

 private:
  Awaitable<void> ServeAll(int requests) {
    for (int i = 0; i < requests; ++i) {
      const std::size_t before = AllocationCount();
      co_await ServeOne();
      allocations_ = std::min(allocations_, AllocationCount() - before);
    }
  }

  // Takes the same steps as ClientConnection.
  Awaitable<void> ServeOne() {
    Receive();
    RequestAccount account;
    account.snapshot = snapshot_;
    account.id = RequestId::Make(worker_.random);
    account.started = SteadyClock::now();
    const RequestHead& head = message_.head();
    ClientResponse response(sink_, worker_.texts, worker_.clock);
    const EndpointMatch match = FindEndpoint(head.method, head.path);
    response.Begin(head, match.protocol, account.id.View(), {});
    const auto local_address = [] { return std::string("127.0.0.1"); };
    const Admission admission =
        Admit({.head = head, .match = match, .local_address = local_address}, account);
    HEADGATE_CHECK(!admission.refusal);
    ReadBody();
    account.body_read = SteadyClock::now();
    const ClientRequest asked{
        .head = message_.head(), .body = message_.body(), .endpoint = *match.row, .path_model = {}};
    {
      ProxiedRequest request(worker_, asked, response, account);
      co_await request.Run();
    }
    HEADGATE_CHECK(account.outcome == RequestOutcome::kOk && account.committed.has_value());
    account.ended = SteadyClock::now();
    books_.Book(account);
    message_.End();
  }

  // Takes as many bytes as there is room for, as one read does.
  void Take() {
    const std::span<char> room = message_.Room();
    const std::size_t size = std::min(room.size(), left_.size());
    HEADGATE_CHECK(size > 0);
    std::memcpy(room.data(), left_.data(), size);
    left_.remove_prefix(size);
    message_.Received(size);
  }
  void Receive() {
    left_ = scenario_.request;
    HeadProblem problem;
    HeadVerdict verdict = HeadVerdict::kIncomplete;
    while (verdict == HeadVerdict::kIncomplete) {
      Take();
      verdict = message_.ParseHead(snapshot_->config->server.limits.head, problem);
    }
    HEADGATE_CHECK(verdict == HeadVerdict::kComplete);
  }
  void ReadBody() {
    auto state = message_.BeginBody(snapshot_->config->server.limits.body);
    while (state == IncomingMessage::BodyState::kPartial) {
      Take();
      state = message_.ContinueBody();
    }
    HEADGATE_CHECK(state == IncomingMessage::BodyState::kWhole);
  }

  const Scenario& scenario_;
  asio::io_context io_{1};
  const std::shared_ptr<const Snapshot> snapshot_;
  SeriesCap cap_{kMostSeries};
  ConversationNamer namer_;
  ConversationTable table_;
  RecordedExchanges exchanges_;
  WorkerContext worker_;
  RequestBooks books_;
  ReadAheadBudget read_ahead_;
  IncomingMessage message_{read_ahead_};
  Sink sink_;
  std::string_view left_;  // bytes of the request that are not received yet
  std::size_t allocations_ = std::numeric_limits<std::size_t>::max();
};

constexpr int kWarmUp = 300;  // requests, until every table and buffer has its size

}  // namespace

// callgrind counts while this function runs, and finds it by its name.
extern "C" [[gnu::noinline]] void headgate_serve_measured(void* bench, int requests) {
  static_cast<Bench*>(bench)->Serve(requests);
}

namespace {

int Main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: request_path SCENARIO REQUESTS\n";
    return 2;
  }
  const Scenario scenario = ScenarioOf(argv[1]);
  const int requests = std::atoi(argv[2]);
  Bench bench(scenario);
  bench.Serve(kWarmUp);
  headgate_serve_measured(&bench, requests);
  std::cout << R"({"scenario": ")" << scenario.name << R"(", "requests": )" << requests
            << R"(, "allocations_per_request": )" << bench.allocations();
  std::cout << "}" << std::endl;
  return 0;
}

}  // namespace
}  // namespace headgate::gateway

int main(int argc, char** argv) { return headgate::gateway::Main(argc, argv); }
