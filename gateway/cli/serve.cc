#include <csignal>
#include <iostream>

#include "config/load.h"
#include "gateway/app.h"
#include "gateway/cli/commands.h"
#include "gateway/operator_log.h"

namespace headgate::gateway {

int Serve(const std::string& config_path) {
  config::LoadResult loaded = config::LoadFile(config_path, config::ProcessEnvironment());
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    std::cerr << config::ToString(diagnostic) << "\n";
  }
  if (!loaded.config) {
    const std::size_t count = loaded.diagnostics.size();
    std::cerr << "headgate: " << count << (count == 1 ? " problem" : " problems") << " in "
              << config_path << "; nothing was started\n";
    return 1;
  }
  // A client or a log reader that goes away is an error code, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  absl::StatusOr<std::unique_ptr<App>> app = App::Make(*std::move(loaded.config));
  if (!app.ok()) {
    std::cerr << "headgate: " << app.status().message() << "\n";
    return 1;
  }
  OperatorLog::Start();
  (*app)->Run();
  app->reset();
  OperatorLog::Stop();
  return 0;
}

}  // namespace headgate::gateway
