#include "gateway/connection/worker.h"

#include <malloc.h>
#include <poll.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/connection/client_connection.h"

namespace headgate::gateway {
namespace {

// Timeouts, departed clients and dead pooled connections are checked this often, so that reads and
// writes need no timers. Limits are therefore met to 100 ms.
constexpr std::chrono::milliseconds kSweepInterval(100);

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

}  // namespace

Worker::Worker(WorkerShared& shared, std::shared_ptr<const Snapshot> snapshot, std::uint64_t seed)
    : shared_(shared),
      acceptor_(io_),
      sweep_timer_(io_),
      exchanges_(io_.get_executor(), pool_),
      context_(io_.get_executor(), exchanges_, shared.series_cap, shared.conversations,
               shared.conversation_table, seed),
      books_(shared.access_log, shared.conversation_table, context_.metrics, context_.clock,
             shared.ledger),
      connections_{.worker = context_, .books = books_, .snapshot = std::move(snapshot)} {
  context_.responses = shared.responses;
  context_.ledger = shared.ledger;
  pool_.Keep(connections_.snapshot->fleet->ReplicaNumbers());
}

Worker::~Worker() = default;

absl::Status Worker::Listen(const config::ListenAddress& at) {
  error_code error;
  const asio::ip::address address = asio::ip::make_address(at.host, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("server.listen: ", at.host, " is not an address; write e.g. 127.0.0.1:8080"));
  }
  const asio::ip::tcp::endpoint endpoint(address, at.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.set_option(ReusePort(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(4096, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("server.listen: cannot listen on ", at.host, ":",
                                               at.port, ": ", error.message(),
                                               "; choose a free port or stop what uses it"));
  }
  local_port_ = acceptor_.local_endpoint().port();
  return absl::OkStatus();
}

void Worker::Run() {
  asio::co_spawn(io_, AcceptLoop(), asio::detached);
  asio::co_spawn(io_, SweepLoop(), asio::detached);
  io_.run();
  books_.Flush();
}

void Worker::Drain(TimePoint deadline) {
  asio::post(io_, [this, deadline] { BeginDrain(deadline); });
}

void Worker::Use(std::shared_ptr<const Snapshot> snapshot) {
  asio::post(io_, [this, snapshot = std::move(snapshot)]() mutable {
    connections_.snapshot = std::move(snapshot);
    // After a drain nothing is kept, and nothing may be kept again.
    if (connections_.draining()) return;
    pool_.Keep(connections_.snapshot->fleet->ReplicaNumbers());
  });
}

void Worker::Forget(std::shared_ptr<const std::vector<bool>> labels) {
  asio::post(io_, [this, labels = std::move(labels)] { context_.metrics.Forget(*labels); });
}

void Worker::BeginDrain(TimePoint deadline) {
  connections_.drain_deadline = deadline;
  // Closing would reset the connections that the kernel has already accepted: serve them first.
  for (;;) {
    error_code error;
    acceptor_.non_blocking(true, error);
    TcpSocket socket(io_);
    acceptor_.accept(socket, error);
    if (error) break;
    asio::co_spawn(io_, Serve(std::move(socket)), asio::detached);
  }
  error_code ignored;
  acceptor_.close(ignored);
  for (ClientConnection* connection : connections_.open) connection->DrainIfIdle();
}

Awaitable<void> Worker::AcceptLoop() {
  while (!connections_.draining()) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      // Usually the process is out of descriptors: give running requests time to return some.
      asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor> pause(
          io_, kSweepInterval);
      co_await pause.async_wait(kAwait);
      continue;
    }
    asio::co_spawn(io_, Serve(TcpSocket(std::move(socket))), asio::detached);
  }
}

Awaitable<void> Worker::Serve(TcpSocket socket) {
  ClientConnection connection(connections_, std::move(socket));
  const int limit = connections_.snapshot->config->server.limits.connections;
  if (shared_.connections.fetch_add(1, std::memory_order_relaxed) < limit) {
    co_await connection.Run();
  } else {
    context_.metrics.rejected[Rejection::kConnections].Add(1);
  }
  shared_.connections.fetch_sub(1, std::memory_order_relaxed);
}

Awaitable<void> Worker::SweepLoop() {
  while (!connections_.draining() || !connections_.open.empty()) {
    sweep_timer_.expires_after(kSweepInterval);
    co_await sweep_timer_.async_wait(kAwait);
    Sweep(SteadyClock::now());
  }
  pool_.Clear();
}

void Worker::Sweep(TimePoint now) {
  FindGoneClients();
  std::size_t held = 0;
  for (ClientConnection* connection : connections_.open) {
    if (connections_.draining()) connection->Drain(/*over=*/now >= connections_.drain_deadline);
    connection->Tick(now);
    held += connection->HeldBytes();
  }
  if (heap_return_.Due(held, now)) malloc_trim(0);
  pool_.Sweep(now);
  books_.Flush();
}

// A client that closes looks half closed until something is written to it, and until then there may
// be nothing to write: see docs/decisions/0011.
void Worker::FindGoneClients() {
  std::vector<pollfd> polled;
  std::vector<ClientConnection*> watched;
  for (ClientConnection* connection : connections_.open) {
    if (!connection->WatchesClient()) continue;
    polled.push_back({connection->fd(), POLLRDHUP, 0});
    watched.push_back(connection);
  }
  if (polled.empty() || poll(polled.data(), polled.size(), 0) <= 0) return;
  for (std::size_t i = 0; i < polled.size(); ++i) {
    if ((polled[i].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) watched[i]->ClientLeft();
  }
}

}  // namespace headgate::gateway
