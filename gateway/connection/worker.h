#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "backends/net/connection_pool.h"
#include "backends/net/types.h"
#include "backends/upstream/http_exchange.h"
#include "gateway/accounting/request_books.h"
#include "gateway/attempt/worker_context.h"
#include "gateway/connection/connection_context.h"
#include "gateway/connection/heap_return.h"
#include "gateway/decide/conversation_table.h"
#include "gateway/log/log.h"
#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {

// What all workers of a process share. It outlives them.
struct WorkerShared {
  WorkerShared(std::shared_ptr<Log> log, SeriesCap& cap)
      : access_log(std::move(log)), series_cap(cap) {}
  const std::shared_ptr<Log> access_log;  // null: no access log
  SeriesCap& series_cap;
  std::atomic<int> connections{0};
  ConversationNamer conversations;
  ConversationTable conversation_table;
  ResponseStore* responses =
      nullptr;  // null: responses are not stored; set before workers are made
  policy::LedgerWriter* ledger = nullptr;  // null: there is no ledger; likewise
};

// One thread with one io_context, one listening socket (SO_REUSEPORT), its own upstream connections
// and its own metrics. A connection stays on its worker from accept to close, so its code needs no
// locks. All members are worker-bound unless said otherwise.
class Worker {
 public:
  Worker(WorkerShared& shared, std::shared_ptr<const Snapshot> snapshot, std::uint64_t seed);
  ~Worker();

  // Binds before any thread runs, so that a port in use is an error at start. Port 0 takes a free
  // port, which local_port() returns.
  absl::Status Listen(const config::ListenAddress& at);
  std::uint16_t local_port() const { return local_port_; }

  // Runs the worker's loop, and returns when the worker has drained. Called on the worker's thread.
  void Run();

  // Stops accepting and ends idle connections. Run returns when the other connections have
  // finished, or have been cut at `deadline`. Thread-safe.
  void Drain(TimePoint deadline);

  // Serves requests that begin from now on under `snapshot`, and closes connections to replicas
  // that it does not know. Thread-safe.
  void Use(std::shared_ptr<const Snapshot> snapshot);
  // Drops the cells of these labels; see LabelTable::Expired. Thread-safe.
  void Forget(std::shared_ptr<const std::vector<bool>> labels);

  // For scrapes and explanations, from any thread.
  const MetricShard& metrics() const { return context_.metrics; }
  const RecentDecisions& recent() const { return context_.recent; }

 private:
  Awaitable<void> AcceptLoop();
  Awaitable<void> Serve(TcpSocket socket);
  Awaitable<void> SweepLoop();
  void Sweep(TimePoint now);
  void FindGoneClients();
  void BeginDrain(TimePoint deadline);

  WorkerShared& shared_;
  asio::io_context io_{1};
  TcpAcceptor acceptor_;
  asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor> sweep_timer_;
  std::uint16_t local_port_ = 0;

  backends::ConnectionPool pool_;
  backends::HttpExchanges exchanges_;
  WorkerContext context_;
  RequestBooks books_;
  ConnectionContext connections_;
  HeapReturn heap_return_;
};

}  // namespace headgate::gateway
