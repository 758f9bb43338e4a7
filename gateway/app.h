#pragma once

#include <atomic>
#include <boost/asio/signal_set.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/access_log.h"
#include "gateway/admin.h"
#include "gateway/metrics/exposition.h"
#include "gateway/snapshot.h"
#include "gateway/worker.h"

namespace headgate::gateway {

// The daemon: owns everything, in the order in which it may be destroyed backwards. Make binds
// all ports and opens all files, so whatever can go wrong at start goes wrong there; Run serves
// until SIGTERM or SIGINT and a drain.
class App {
 public:
  static absl::StatusOr<std::unique_ptr<App>> Make(config::Config config);
  ~App();

  std::uint16_t client_port() const { return workers_.front()->local_port(); }
  std::uint16_t admin_port() const { return admin_->local_port(); }

  // Returns when the daemon has drained.
  void Run();

 private:
  App() = default;
  void OnSignal();
  Awaitable<void> AwaitSignals();

  LabelTable labels_;
  SeriesCap series_cap_{10000};
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<AccessLog> access_log_;
  std::unique_ptr<WorkerShared> shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Exposition> exposition_;
  asio::io_context control_{1};
  asio::basic_signal_set<Executor> signals_{control_.get_executor()};
  std::unique_ptr<Admin> admin_;
  std::atomic<bool> draining_{false};
};

}  // namespace headgate::gateway
