#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "backends/net/connection_pool.h"
#include "backends/net/types.h"
#include "gateway/accounting/request_record.h"
#include "gateway/connection/heap_return.h"
#include "gateway/decide/request_decision.h"
#include "gateway/decide/session_table.h"
#include "gateway/explain/recent_decisions.h"
#include "gateway/http/read_ahead.h"
#include "gateway/log/clock_text.h"
#include "gateway/log/log.h"
#include "gateway/metrics/shard.h"
#include "gateway/proxy/attempt_machine.h"
#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {

class Session;

// What all workers of a process share. Outlives them.
struct WorkerShared {
  WorkerShared(std::shared_ptr<Log> log, SeriesCap& cap)
      : access_log(std::move(log)), series_cap(cap) {}
  const std::shared_ptr<Log> access_log;  // null: off
  SeriesCap& series_cap;
  std::atomic<int> connections{0};
  ConversationNamer conversations;
  SessionTable sessions;
};

// One thread, one io_context, one listening socket (SO_REUSEPORT), its own upstream connections,
// its own metrics. Sessions live and die on their worker, so their code needs no locks. All
// members are worker-bound unless said otherwise.
class Worker {
 public:
  Worker(WorkerShared& shared, std::shared_ptr<const Snapshot> snapshot, std::uint64_t seed);
  ~Worker();

  // Binds before any thread runs, so that a port in use is an error at start. Port 0 takes a free
  // one; local_port() says which.
  absl::Status Listen(const config::Endpoint& at);
  std::uint16_t local_port() const { return local_port_; }

  // The worker's loop; returns when it has drained. Called on the worker's thread.
  void Run();

  // Thread-safe. Stops accepting and ends idle connections; Run returns when the rest has
  // finished, or has been cut at `deadline`.
  void Drain(TimePoint deadline);

  // Thread-safe. Requests that begin from now on are served under `snapshot`; connections to
  // replicas that it does not know are closed.
  void Use(std::shared_ptr<const Snapshot> snapshot);
  // Thread-safe. Drops the cells of these labels; see LabelTable::Expired.
  void Forget(std::shared_ptr<const std::vector<bool>> labels);

  // For sessions. The snapshot is replaced by a reload: what outlives a suspension keeps the
  // pointer, not a reference.
  WorkerShared& shared() { return shared_; }
  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  Executor executor() { return io_.get_executor(); }
  backends::ConnectionPool& pool() { return pool_; }
  MetricShard& metrics() { return metrics_; }
  const MetricShard& metrics() const { return metrics_; }
  RetryBudget& retry_budget() { return retry_budget_; }
  ReadAheadBudget& read_ahead() { return read_ahead_; }
  ClockText& clock() { return clock_; }
  bool draining() const { return drain_deadline_ != TimePoint::max(); }
  std::uint64_t Random();
  RequestId NewRequestId();

  // Scratch that is used up before a request suspends for the first time.
  RequestDecision& request_decision() { return request_decision_; }

  // Thread-safe.
  RecentDecisions& recent() { return recent_; }
  const RecentDecisions& recent() const { return recent_; }

  // Books an ended request: metrics, recording and access log.
  void Book(const RequestRecord& record);

  void Add(Session& session);
  void Remove(Session& session);

 private:
  Awaitable<void> AcceptLoop();
  Awaitable<void> SweepLoop();
  void Sweep(TimePoint now);
  void FindGoneClients();
  void BeginDrain(TimePoint deadline);
  void FlushLog();
  void Record(const RequestRecord& record);
  void FlushRecorded();

  // Constant after construction.
  WorkerShared& shared_;

  std::shared_ptr<const Snapshot> snapshot_;
  ReadAheadBudget read_ahead_;

  asio::io_context io_{1};
  TcpAcceptor acceptor_;
  asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor> sweep_timer_;
  std::uint16_t local_port_ = 0;
  TimePoint drain_deadline_ = TimePoint::max();

  backends::ConnectionPool pool_;
  MetricShard metrics_;
  RetryBudget retry_budget_;
  HeapReturn heap_return_;
  ClockText clock_;
  std::uint64_t random_state_;
  LogBlock logged_;
  LogBlock recorded_;
  std::shared_ptr<const Snapshot> recorded_under_;  // null: recorded_ is empty

  RequestDecision request_decision_;
  RecentDecisions recent_;

  std::vector<Session*> sessions_;
};

}  // namespace headgate::gateway
