#include "gateway/app.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/host_name.hpp>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "config/base/unix_time.h"
#include "gateway/accounting/open_ledger.h"
#include "gateway/accounting/wall_clock.h"
#include "gateway/admin/pages.h"
#include "gateway/log/open_logs.h"
#include "gateway/log/operator_log.h"
#include "gateway/log/signals.h"
#include "gateway/responses/open_store.h"
#include "gateway/snapshot/fleet_rent.h"
#include "gateway/upkeep/budget_watch.h"
#include "gateway/version.h"

namespace headgate::gateway {
namespace {

constexpr std::chrono::hours kBetweenCertificateWarnings(24);
constexpr std::chrono::milliseconds kQueueSweep(100);
constexpr std::chrono::seconds kTidying(1);
// How long at most what budgets have spent before is waited for. A month of ten million requests is
// read in 2 s. A reload waits on the thread that also answers scrapes.
constexpr std::chrono::minutes kRestoreAtStart(10);
constexpr std::chrono::seconds kRestoreAtReload(5);

int WorkerCount(const config::Server& server) {
  if (server.workers > 0) return server.workers;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::string HostName() {
  error_code error;
  std::string name = asio::ip::host_name(error);
  return error ? "unknown" : name;
}

// Requests that wait for slots.
std::int64_t WaitingIn(const Fleet& fleet, TimePoint now) {
  std::size_t waiting = 0;
  for (const BackendState& backend : fleet.backends()) {
    if (backend.queue == nullptr) continue;
    for (const std::size_t count : backend.queue->figures(now).waiting) waiting += count;
  }
  return static_cast<std::int64_t>(waiting);
}

}  // namespace

absl::StatusOr<std::unique_ptr<App>> App::Make(const std::string& config_path, SnapshotResult first,
                                               LabelTable& labels, LogWriter& logs) {
  std::unique_ptr<App> app(new App(logs));
  const std::shared_ptr<const Snapshot> snapshot = first.snapshot;
  const config::Server& server = snapshot->config->server;

  absl::StatusOr<std::shared_ptr<Log>> log = OpenAccessLog(server.access_log, logs);
  if (!log.ok()) return log.status();
  app->shared_ = std::make_unique<WorkerShared>(*std::move(log), app->series_cap_);
  if (absl::Status status = app->OpenStores(*snapshot->config); !status.ok()) return status;
  if (app->budgets_) {
    const absl::Status status =
        app->budgets_->PutInForce(snapshot->budgets, WallClockMs(), kRestoreAtStart);
    if (!status.ok()) return status;
  }
  if (absl::Status status = app->MakeWorkers(snapshot); !status.ok()) return status;
  app->files_.NoteVersions(first.files);
  app->reloader_ = std::make_unique<Reloader>(
      config_path, config::ProcessEnvironment(), labels, logs, std::move(first),
      [app = app.get()](const std::shared_ptr<const Snapshot>& next) { app->Publish(next); });
  if (absl::Status status = app->UseStoredKeys(); !status.ok()) return status;
  app->MakeUpkeep();
  std::vector<const MetricShard*> shards;
  std::vector<const RecentDecisions*> recent;
  for (const std::unique_ptr<Worker>& worker : app->workers_) {
    shards.push_back(&worker->metrics());
    recent.push_back(&worker->recent());
  }
  app->exposition_ = std::make_unique<Exposition>(
      labels, app->series_cap_, std::move(shards), *app->reloader_, *app->checks_, *app->loads_,
      *app->names_, *app->webhook_, logs, app->responses_.get(), app->ledger_.get());
  app->explain_ = std::make_unique<LiveExplain>(*app->reloader_, *app->shared_, std::move(recent));
  app->keys_ = std::make_unique<KeysPage>(app->key_store_.get(), *app->reloader_);
  app->admin_ = std::make_unique<AdminServer>(
      app->control_, *app->reloader_,
      AdminPages({.reloader = *app->reloader_,
                  .exposition = *app->exposition_,
                  .explain = *app->explain_,
                  .keys = *app->keys_,
                  .ledger = app->ledger_.get(),
                  .ready = [app = app.get()] { return !app->draining_.load(); },
                  .reload = [app = app.get()] { return app->Reload("POST /reload"); }}));
  if (absl::Status status = app->admin_->Listen(server.admin); !status.ok()) return status;
  return app;
}

App::~App() = default;

void App::Publish(const std::shared_ptr<const Snapshot>& next) {
  if (responses_) responses_->SetBounds(BoundsOf(*next->config));
  if (ledger_) ledger_->SetKeeping(KeepingOf(*next->config));
  // The operator's log has what cannot be read.
  if (budgets_) budgets_->PutInForce(next->budgets, WallClockMs(), kRestoreAtReload).IgnoreError();
  for (const std::unique_ptr<Worker>& worker : workers_) worker->Use(next);
}

absl::Status App::OpenStores(const config::Config& config) {
  absl::StatusOr<std::unique_ptr<ResponseStore>> responses = OpenResponseStore(config);
  if (!responses.ok()) return responses.status();
  responses_ = *std::move(responses);
  shared_->responses = responses_.get();
  absl::StatusOr<std::unique_ptr<policy::LedgerWriter>> ledger = OpenLedger(config);
  if (!ledger.ok()) return ledger.status();
  ledger_ = *std::move(ledger);
  shared_->ledger = ledger_.get();
  if (!ledger_) return absl::OkStatus();
  budgets_ =
      std::make_unique<policy::BudgetRestorer>(*ledger_, LedgerFolder(config), TellLedgerOperator);
  absl::StatusOr<std::unique_ptr<policy::KeyStore>> keys =
      policy::KeyStore::Open(LedgerFolder(config));
  if (!keys.ok()) return keys.status();
  key_store_ = *std::move(keys);
  if (!key_store_->damage().empty()) {
    OperatorLog::Error("a damaged file of keys was set aside", key_store_->damage());
  }
  return absl::OkStatus();
}

absl::Status App::UseStoredKeys() {
  if (!key_store_) return absl::OkStatus();
  absl::StatusOr<policy::RunTimeKeys> keys = key_store_->Read();
  if (!keys.ok()) return keys.status();
  return keys->empty() ? absl::OkStatus() : reloader_->UseKeys(*std::move(keys));
}

absl::Status App::MakeWorkers(const std::shared_ptr<const Snapshot>& snapshot) {
  const config::Server& server = snapshot->config->server;
  std::random_device entropy;
  config::ListenAddress listen = server.listen;
  for (int i = 0; i < WorkerCount(server); ++i) {
    const std::uint64_t seed = static_cast<std::uint64_t>(entropy()) << 32 | entropy();
    auto worker = std::make_unique<Worker>(*shared_, snapshot, seed);
    if (absl::Status status = worker->Listen(listen); !status.ok()) return status;
    listen.port = worker->local_port();  // with port 0 all share the first worker's
    workers_.push_back(std::move(worker));
  }
  return absl::OkStatus();
}

void App::MakeUpkeep() {
  const auto current = [this] { return reloader_->snapshot(); };
  checks_ = std::make_unique<ReplicaChecks>(control_, current);
  loads_ = std::make_unique<LoadPolls>(control_, current);
  names_ = std::make_unique<NameWatch>(control_, current, [this](const FoundReplicas& found) {
    return reloader_->UseReplicas(found);
  });
  webhook_ = std::make_unique<Webhook>(Webhook::Parts{
      .io = control_,
      .exchanges = webhook_exchanges_,
      .current = current,
      .on_end =
          [this](const BudgetAlert& alert) { NoteTold(*reloader_->snapshot()->config, alert); },
      .instance = absl::StrCat(HostName(), ":", client_port())});
  queue_sweep_ = std::make_unique<Rounds>(control_, kQueueSweep, [this](TimePoint now) {
    const Fleet& fleet = *reloader_->snapshot()->fleet;
    fleet.SweepQueues(now);
    ChargeRents(fleet, UnixSeconds(), now);
  });
  served_samples_ = std::make_unique<Rounds>(
      control_, policy::ServedWindow::kSampled,
      [this](TimePoint now) { SampleServed(*reloader_->snapshot()->fleet, now); });
  tidying_ = std::make_unique<Rounds>(control_, kTidying, [this](TimePoint now) { Tidy(now); });
}

void App::Run() {
  const std::shared_ptr<const Snapshot> first = reloader_->snapshot();
  const config::Server& server = first->config->server;
  // Handlers are installed before any thread starts, so that an early signal is a drain too.
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) signals_.add(number);
  asio::co_spawn(control_, AwaitSignals(), asio::detached);
  if (!files_.Start()) {
    OperatorLog::Error("files are not watched",
                       "the system has no inotify instance left; raise "
                       "fs.inotify.max_user_instances, or reload by SIGHUP or POST /reload");
  }
  TellCertificates();
  checks_->Start();
  loads_->Start();
  names_->Start();
  queue_sweep_->Start();
  SampleServed(*first->fleet, SteadyClock::now());
  served_samples_->Start();
  tidying_->Start();
  admin_->Start();
  std::thread control([this] {
    ::pthread_setname_np(::pthread_self(), "control");
    control_.run();
  });
  std::vector<std::thread> threads;
  for (const std::unique_ptr<Worker>& worker : workers_) {
    threads.emplace_back([&worker] {
      BlockSignals();
      ::pthread_setname_np(::pthread_self(), "worker");
      worker->Run();
    });
  }
  OperatorLog::Info(
      "serving", absl::StrCat("headgate ", absl::string_view(kVersion.data(), kVersion.size()),
                              " on ", server.listen.host, ":", client_port(), ", admin on ",
                              server.admin.host, ":", admin_port(), ", workers ", workers_.size()));
  for (std::thread& thread : threads) thread.join();
  control_.stop();
  control.join();
  // From here on signals change nothing, and must not disturb the end.
  BlockSignals();
  if (responses_) responses_->Stop();  // what the last answers left is written
  if (ledger_) ledger_->Stop();        // every request has its row
  logs_.Stop();
  OperatorLog::Info("stopped");
}

Awaitable<void> App::AwaitSignals() {
  for (;;) {
    auto [error, number] = co_await signals_.async_wait(kAwait);
    if (error) co_return;
    if (number == SIGUSR1) {
      OperatorLog::Info("opening the logs anew", "because of SIGUSR1");
      logs_.Reopen();
    } else if (number == SIGUSR2) {
      OperatorLog::Info("SIGUSR2 means nothing here",
                        "SIGHUP reloads, SIGUSR1 reopens the logs, SIGTERM drains");
    } else if (number == SIGHUP) {
      // Programs that rotate logs send SIGHUP too.
      logs_.Reopen();
      Reload("SIGHUP");
    } else if (!draining_.load()) {
      Drain();
    } else {
      // A second signal ends the daemon at once.
      for (const std::unique_ptr<Worker>& worker : workers_) worker->Drain(SteadyClock::now());
    }
  }
}

void App::Tidy(TimePoint now) {
  const std::int64_t wall = WallClockMs();
  policy::PrepareWindows(*reloader_->snapshot()->budgets, wall);
  for (const BudgetAlert& alert : WarnOfBudgets(*reloader_->snapshot()->budgets, wall)) {
    webhook_->Send(alert);
  }
  if (now - certificates_told_ >= kBetweenCertificateWarnings) TellCertificates();
  auto expired = std::make_shared<const std::vector<bool>>(reloader_->Tidy(now));
  if (expired->empty()) return;
  series_cap_.Forget(*expired);
  for (const std::unique_ptr<Worker>& worker : workers_) worker->Forget(expired);
}

// Called at the start, at a reload, and once a day.
void App::TellCertificates() {
  certificates_told_ = SteadyClock::now();
  const Snapshot& snapshot = *reloader_->snapshot();
  const config::SiftedWarnings warnings = config::SiftWarnings(
      *snapshot.config, ExpiryWarnings(snapshot.certificates, std::chrono::system_clock::now()));
  for (const config::FoundWarning& warning : warnings.shown) {
    OperatorLog::Event(OperatorLog::Level::kWarning, "a certificate expires",
                       {{.name = "detail", .text = config::ToString(warning)}});
  }
}

Reloader::Outcome App::Reload(std::string_view cause) {
  files_.NoteVersions(reloader_->files());
  Reloader::Outcome outcome = reloader_->Reload(cause);
  files_.SetFiles(reloader_->files());
  if (outcome.successful) TellCertificates();
  return outcome;
}

void App::Drain() {
  const std::shared_ptr<const Snapshot> snapshot = reloader_->snapshot();
  const auto timeout = snapshot->config->server.drain_timeout;
  const TimePoint now = SteadyClock::now();
  const std::int64_t waiting = WaitingIn(*snapshot->fleet, now);
  InFlightRequests::Totals in_flight{};
  for (const std::unique_ptr<Worker>& worker : workers_) {
    worker->metrics().in_flight.AddTo(in_flight);
  }
  const std::int64_t running = std::max<std::int64_t>(in_flight - waiting, 0);
  const std::string detail = absl::StrCat("for at most ", timeout.count(), " ms");
  OperatorLog::Event(OperatorLog::Level::kInfo, "draining",
                     {{.name = "detail", .text = detail},
                      {.name = "running", .text = {}, .number = running},
                      {.name = "waiting", .text = {}, .number = waiting}});
  draining_.store(true);
  for (const std::unique_ptr<Worker>& worker : workers_) {
    worker->Drain(now + timeout);
  }
}

}  // namespace headgate::gateway
