#include "config/checks/check_server.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "config/base/text.h"
#include "config/reader/address.h"

namespace headgate::config {
namespace {

bool Overlap(const ListenAddress& a, const ListenAddress& b) {
  if (a.port != b.port || a.port == 0) return false;
  return a.host == b.host || IsWildcard(a.host) || IsWildcard(b.host) ||
         (IsLoopback(a.host) && IsLoopback(b.host) &&
          (a.host == "localhost" || b.host == "localhost"));
}

namespace fs = std::filesystem;

bool SameFile(const std::string& a, const std::string& b) {
  std::error_code error;
  return fs::path(a).lexically_normal() == fs::path(b).lexically_normal() ||
         (fs::equivalent(a, b, error) && !error);
}

void CheckOutput(ReadContext& context, const std::string& path, const std::string& file) {
  if (file.empty() || context.HasProblem(path)) return;
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) {
    context.ReportAt(path, "is a folder", Concat("write a file in it: ", file, "/headgate.jsonl"));
    return;
  }
  for (const std::vector<std::string>* const files : {&context.files(), &context.dependencies()}) {
    for (const std::string& read : *files) {
      if (!SameFile(file, read)) continue;
      context.ReportAt(path, "is a file that this configuration is read from",
                       "write another file: the daemon would overwrite this one");
      return;
    }
  }
}

void CheckOutputs(ReadContext& context, const Config& config) {
  const std::string& log = config.server.access_log;
  const bool to_file = log != "stdout" && log != "stderr" && log != "off";
  if (to_file) CheckOutput(context, "server.access_log", log);
  if (!config.recording) return;
  CheckOutput(context, "recording.file", config.recording->file);
  if (to_file && !context.HasProblem("recording.file") && SameFile(log, config.recording->file)) {
    context.ReportAt("recording.file", "is the same file as server.access_log",
                     "write another file");
  }
}

void CheckAccess(ReadContext& context, const Config& config) {
  const Server& server = config.server;
  if (context.HasProblem("server.listen") || context.HasProblem("server.auth")) return;
  if (server.auth == AuthMode::kNone && !IsLoopback(server.listen.host)) {
    context.ReportAt(
        "server.auth",
        Concat("is none, but ", server.listen.host, " can be reached from other machines"),
        "write `auth: keys`, or listen on 127.0.0.1");
  }
  // With a ledger, keys may be made while the daemon runs.
  if (server.auth == AuthMode::kKeys && config.keys.empty() && !config.ledger &&
      !context.HasProblem("keys") && !context.HasProblem("ledger")) {
    context.ReportAt(
        context.Has("server.auth") ? "server.auth" : "server",
        "requires keys, but none is configured",
        "add under `keys` what `headgate key new --team NAME` prints, write a `ledger` "
        "to make keys while the daemon runs, or write `auth: none` on a loopback "
        "address");
  }
  if (server.auth == AuthMode::kNone && server.cors &&
      std::find(server.cors->origins.begin(), server.cors->origins.end(), "*") !=
          server.cors->origins.end()) {
    context.ReportAt("server.cors.origins",
                     "has \"*\", but without keys every web page could then spend money here",
                     "list the origins, or write `auth: keys`");
  }
  if (!context.HasProblem("server.admin") && Overlap(server.listen, server.admin)) {
    context.ReportAt("server.admin", "is the same address as server.listen",
                     "write another port, for example 127.0.0.1:9464");
  }
}

void CheckState(ReadContext& context, const Config& config) {
  const std::string& folder = config.server.state;
  std::error_code ignored;
  if (config.responses && folder.empty() && !context.HasProblem("server")) {
    context.ReportAt("responses", "requires a folder, but server.state is not set",
                     "write `state: /var/lib/headgate` under `server`");
  }
  if (config.ledger && config.ledger->folder.empty() && folder.empty() &&
      !context.HasProblem("server") && !context.HasProblem("ledger.path")) {
    context.ReportAt("ledger", "requires a folder, but neither its path nor server.state is set",
                     "write `ledger: {path: /var/lib/headgate/ledger}`");
  }
  if (fs::exists(folder, ignored) && !fs::is_directory(folder, ignored)) {
    context.ReportAt("server.state", "is not a folder", "write the path of a folder");
  }
}

}  // namespace

void CheckServer(ReadContext& context, const Config& config) {
  CheckAccess(context, config);
  CheckOutputs(context, config);
  CheckState(context, config);
}

}  // namespace headgate::config
