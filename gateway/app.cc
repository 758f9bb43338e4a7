#include "gateway/app.h"

#include <pthread.h>
#include <signal.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "backends/net/tls.h"
#include "gateway/operator_log.h"
#include "gateway/version.h"

namespace headgate::gateway {
namespace {

// Signals are for the control thread alone: a worker that is interrupted stalls its streams.
void BlockAllSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

int WorkerCount(const config::Server& server) {
  if (server.workers > 0) return server.workers;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<App>> App::Make(config::Config config) {
  std::unique_ptr<App> app(new App);
  absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot =
      Snapshot::Make(std::move(config), 1, app->labels_);
  if (!snapshot.ok()) return snapshot.status();
  app->snapshot_ = *std::move(snapshot);
  const config::Server& server = app->snapshot_->config.server;

  absl::StatusOr<std::unique_ptr<AccessLog>> log = AccessLog::Open(server.access_log);
  if (!log.ok()) return log.status();
  app->access_log_ = *std::move(log);
  app->shared_ = std::make_unique<WorkerShared>(*app->access_log_, app->series_cap_);
  if (server.tls) {
    auto tls = backends::MakeServerContext(server.tls->certificate, server.tls->private_key);
    if (!tls.ok()) return tls.status();
    app->shared_->server_tls = *std::move(tls);
  }

  std::random_device entropy;
  config::Endpoint listen = server.listen;
  std::vector<const MetricShard*> shards;
  for (int i = 0; i < WorkerCount(server); ++i) {
    const std::uint64_t seed = static_cast<std::uint64_t>(entropy()) << 32 | entropy();
    auto worker = std::make_unique<Worker>(*app->shared_, app->snapshot_, seed);
    if (absl::Status status = worker->Listen(listen); !status.ok()) return status;
    listen.port = worker->local_port();  // when 0 was asked for, all share what the first got
    shards.push_back(&worker->metrics());
    app->workers_.push_back(std::move(worker));
  }
  app->exposition_ = std::make_unique<Exposition>(app->labels_, app->series_cap_, std::move(shards),
                                                  app->snapshot_);
  app->admin_ = std::make_unique<Admin>(app->control_, *app->snapshot_, *app->exposition_,
                                        [app = app.get()] { return !app->draining_.load(); });
  if (absl::Status status = app->admin_->Listen(server.admin); !status.ok()) return status;
  return app;
}

App::~App() = default;

void App::Run() {
  const config::Server& server = snapshot_->config.server;
  // Handlers are in place before any thread starts, so that an early signal is a drain too.
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  asio::co_spawn(control_, AwaitSignals(), asio::detached);
  admin_->Start();
  std::thread control([this] { control_.run(); });
  std::vector<std::thread> threads;
  for (const std::unique_ptr<Worker>& worker : workers_) {
    threads.emplace_back([&worker] {
      BlockAllSignals();
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
  if (const std::size_t dropped = access_log_->dropped_lines(); dropped > 0) {
    OperatorLog::Error("the access log could not keep up", absl::StrCat(dropped, " lines lost"));
  }
  OperatorLog::Info("stopped");
}

Awaitable<void> App::AwaitSignals() {
  co_await signals_.async_wait(kAwait);
  OnSignal();
  // A second signal means: now.
  co_await signals_.async_wait(kAwait);
  for (const std::unique_ptr<Worker>& worker : workers_) worker->Drain(SteadyClock::now());
}

void App::OnSignal() {
  const auto timeout = snapshot_->config.server.drain_timeout;
  OperatorLog::Info("draining", absl::StrCat("for at most ", timeout.count(), " ms"));
  draining_.store(true);
  for (const std::unique_ptr<Worker>& worker : workers_) {
    worker->Drain(SteadyClock::now() + timeout);
  }
}

}  // namespace headgate::gateway
