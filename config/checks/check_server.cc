#include <algorithm>

#include "config/base/text.h"
#include "config/checks/checks.h"
#include "config/reader/address.h"

namespace headgate::config {
namespace {

bool Overlap(const ListenAddress& a, const ListenAddress& b) {
  if (a.port != b.port || a.port == 0) return false;
  return a.host == b.host || IsWildcard(a.host) || IsWildcard(b.host) ||
         (IsLoopback(a.host) && IsLoopback(b.host) &&
          (a.host == "localhost" || b.host == "localhost"));
}

}  // namespace

void CheckServer(ReadContext& context, const Config& config) {
  const Server& server = config.server;
  if (context.HasProblem("server.listen") || context.HasProblem("server.auth")) return;
  if (server.auth == AuthMode::kNone && !IsLoopback(server.listen.host)) {
    context.ReportAt(
        "server.auth",
        Concat("is none, but ", server.listen.host, " can be reached from other machines"),
        "write `auth: keys`, or listen on 127.0.0.1");
  }
  if (server.auth == AuthMode::kKeys && config.keys.empty() && !context.HasProblem("keys")) {
    context.ReportAt(context.Has("server.auth") ? "server.auth" : "server",
                     "asks for keys, but there are none",
                     "add under `keys` what `headgate key new --team NAME` prints, or write "
                     "`auth: none` on a loopback address");
  }
  if (server.auth == AuthMode::kNone && server.cors &&
      std::find(server.cors->origins.begin(), server.cors->origins.end(), "*") !=
          server.cors->origins.end()) {
    context.ReportAt("server.cors.origins",
                     "has \"*\", but without keys every web page could then spend money here",
                     "list the origins, or write `auth: keys`");
  }
  if (!context.HasProblem("server.admin") && Overlap(server.listen, server.admin)) {
    context.ReportAt("server.admin", "is the clients' address",
                     "write another port, for example 127.0.0.1:9464");
  }
}

}  // namespace headgate::config
