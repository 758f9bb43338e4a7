#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "gateway/app.h"
#include "gateway/cli/commands.h"
#include "gateway/connection/heap_return.h"
#include "gateway/log/configuration_warnings.h"
#include "gateway/log/log_writer.h"
#include "gateway/log/operator_log.h"
#include "gateway/log/signals.h"
#include "gateway/snapshot/snapshot.h"
#include "gateway/snapshot/validation.h"

namespace headgate::gateway {
namespace {

// Two descriptors a request, one for each side, and some for logs, the admin port and idle upstream
// connections.
constexpr rlim_t kDescriptorsAConnection = 2;
constexpr rlim_t kOwnDescriptors = 200;

// Takes as many descriptors as the system permits, and warns if they are too few.
void RaiseDescriptorLimit(int connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted =
      static_cast<rlim_t>(connections) * kDescriptorsAConnection + kOwnDescriptors;
  if (limit.rlim_cur >= wanted) return;
  OperatorLog::Event(
      OperatorLog::Level::kWarning, "too few file descriptors",
      {{.name = "detail",
        .text = absl::StrCat(
            "server.limits.connections is ", connections, " and needs ", wanted,
            " descriptors, but the limit is ", limit.rlim_cur,
            "; raise it (ulimit -n, LimitNOFILE), or lower server.limits.connections")}});
}

int RunDaemon(const std::string& config_path) {
  ConfigureHeap();
  LabelTable labels;
  LogWriter logs;
  SnapshotResult built =
      BuildSnapshot(config_path, config::ProcessEnvironment(), nullptr, labels, logs);
  for (const config::Diagnostic& diagnostic : built.diagnostics) {
    std::cerr << config::ToString(diagnostic) << "\n";
  }
  if (!built.snapshot) {
    const std::size_t count = built.diagnostics.size();
    std::cerr << "headgate: " << count << (count == 1 ? " problem" : " problems") << " in "
              << config_path << "; nothing was started\n";
    return 1;
  }
  const std::shared_ptr<const config::Config> config = built.snapshot->config;
  const std::vector<config::FoundWarning> warnings = built.snapshot->warnings;
  absl::StatusOr<std::unique_ptr<App>> app = App::Make(config_path, std::move(built), labels, logs);
  if (!app.ok()) {
    std::cerr << config::ToString(Located(app.status(), *config, config_path)) << "\n";
    std::cerr << "headgate: 1 problem in " << config_path << "; nothing was started\n";
    return 1;
  }
  LogWarnings(warnings);
  RaiseDescriptorLimit(config->server.limits.connections);
  (*app)->Run();
  return 0;
}

int Serve(const std::string& config_path) {
  IgnoreStraySignals();
  OperatorLog::Start();
  const int code = RunDaemon(config_path);
  // Destructors of static objects would wait for a thread that waits for a reader.
  if (!OperatorLog::Stop()) std::_Exit(code);
  return code;
}

}  // namespace

void AddServe(CLI::App& app, Command& chosen) {
  const auto config = std::make_shared<std::string>("headgate.yaml");
  CLI::App* const serve = app.add_subcommand("serve", "run the gateway");
  serve->add_option("--config", *config, "the configuration file")->capture_default_str();
  serve->callback([&chosen, config] { chosen = [config] { return Serve(*config); }; });
}

}  // namespace headgate::gateway
