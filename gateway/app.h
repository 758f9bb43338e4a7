#pragma once

#include <atomic>
#include <boost/asio/signal_set.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "backends/net/connection_pool.h"
#include "backends/upstream/http_exchange.h"
#include "gateway/admin/exposition.h"
#include "gateway/admin/file_watch.h"
#include "gateway/admin/keys_page.h"
#include "gateway/admin/live_explain.h"
#include "gateway/admin/reload.h"
#include "gateway/admin/server.h"
#include "gateway/connection/worker.h"
#include "gateway/log/log_writer.h"
#include "gateway/responses/response_store.h"
#include "gateway/snapshot/snapshot.h"
#include "gateway/upkeep/load_polls.h"
#include "gateway/upkeep/name_watch.h"
#include "gateway/upkeep/replica_checks.h"
#include "gateway/upkeep/rounds.h"
#include "gateway/upkeep/webhook.h"
#include "policy/budgets/restore_budgets.h"
#include "policy/keys/key_store.h"
#include "policy/ledger/ledger_writer.h"

namespace headgate::gateway {

// The daemon: owns everything, in an order that can be destroyed backwards. Make binds all ports
// and opens all files, so that it finds all errors of the start. Run serves until SIGTERM or SIGINT
// and a drain. SIGHUP, POST /reload and a changed file reload. SIGUSR1 and SIGHUP open the logs
// anew.
class App {
 public:
  // `first` was built from the file at `config_path`, which is read again at every reload.
  // `labels` and `logs` outlive the app.
  static absl::StatusOr<std::unique_ptr<App>> Make(const std::string& config_path,
                                                   SnapshotResult first, LabelTable& labels,
                                                   LogWriter& logs);
  ~App();

  std::uint16_t client_port() const { return workers_.front()->local_port(); }
  std::uint16_t admin_port() const { return admin_->local_port(); }

  // Returns when the daemon has drained.
  void Run();

 private:
  explicit App(LogWriter& logs) : logs_(logs) {}
  Reloader::Outcome Reload(std::string_view cause);
  // Gives a new snapshot to all that serve with it.
  void Publish(const std::shared_ptr<const Snapshot>& next);
  void Drain();
  // Opens what outlives a restart. REQUIRES: shared_.
  absl::Status OpenStores(const config::Config& config);
  // Puts the keys of the store in force. REQUIRES: reloader_.
  absl::Status UseStoredKeys();
  // Makes the workers, each with its listening socket. REQUIRES: shared_.
  absl::Status MakeWorkers(const std::shared_ptr<const Snapshot>& snapshot);
  void MakeUpkeep();
  Awaitable<void> AwaitSignals();
  void Tidy(TimePoint now);
  void TellCertificates();

  LogWriter& logs_;
  SeriesCap series_cap_{kMostSeries};
  std::unique_ptr<Reloader> reloader_;
  std::unique_ptr<policy::BudgetRestorer> budgets_;  // null: none; the ledger's thread uses it
  std::unique_ptr<policy::LedgerWriter> ledger_;     // null: none
  std::unique_ptr<policy::KeyStore> key_store_;      // null: none
  std::unique_ptr<WorkerShared> shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<ResponseStore> responses_;  // null: none; its jobs hold coroutines of workers
  asio::io_context control_{1};
  std::unique_ptr<ReplicaChecks> checks_;
  std::unique_ptr<LoadPolls> loads_;
  std::unique_ptr<NameWatch> names_;
  backends::ConnectionPool webhook_pool_;  // keeps nothing: each alert has a connection of its own
  backends::HttpExchanges webhook_exchanges_{control_.get_executor(), webhook_pool_};
  std::unique_ptr<Webhook> webhook_;
  std::unique_ptr<Rounds> queue_sweep_;
  std::unique_ptr<Rounds> served_samples_;
  std::unique_ptr<Rounds> tidying_;
  std::unique_ptr<Exposition> exposition_;
  asio::basic_signal_set<Executor> signals_{control_.get_executor()};
  FileWatch files_{control_, [this] { Reload("a changed file"); }};
  std::unique_ptr<LiveExplain> explain_;
  std::unique_ptr<KeysPage> keys_;
  std::unique_ptr<AdminServer> admin_;
  TimePoint certificates_told_{};  // when the operator's log was last told
  std::atomic<bool> draining_{false};
};

}  // namespace headgate::gateway
