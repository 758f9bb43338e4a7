#include "config/checks/check_restart.h"

#include <string>
#include <string_view>

#include "config/base/text.h"

namespace headgate::config {
namespace {

std::string Written(const ListenAddress& at) { return Concat(at.host, ":", at.port); }

std::string Written(int workers) { return workers == 0 ? "auto" : Concat(workers); }

// Reports a changed value of a key that takes effect only at start.
void Unchanged(ReadContext& context, const std::string& key, std::string_view running,
               std::string_view next) {
  if (running == next || context.HasProblem(key)) return;
  context.ReportAt(key,
                   Concat("cannot change from ", running, " to ", next, " while headgate runs"),
                   Concat("restart headgate, or write ", running, " again"));
}

}  // namespace

void CheckRestart(ReadContext& context, const Config& running, const Config& next) {
  const Server& from = running.server;
  const Server& to = next.server;
  const bool stores = running.responses.has_value();
  Unchanged(context, "server.listen", Written(from.listen), Written(to.listen));
  Unchanged(context, "server.admin", Written(from.admin), Written(to.admin));
  Unchanged(context, "server.workers", Written(from.workers), Written(to.workers));
  Unchanged(context, "server.access_log", from.access_log, to.access_log);
  if (from.tls.has_value() != to.tls.has_value() && !context.HasProblem("server.tls")) {
    context.ReportAt("server.tls",
                     from.tls ? "cannot be switched off while headgate runs"
                              : "cannot be switched on while headgate runs",
                     "restart headgate (a new certificate alone needs no restart)");
  }
  if (running.ledger.has_value() != next.ledger.has_value() && !context.HasProblem("ledger")) {
    context.ReportAt("ledger",
                     running.ledger ? "cannot be removed while headgate runs"
                                    : "cannot be added while headgate runs",
                     "restart headgate (a change of retention needs no restart)");
  }
  if (running.ledger && next.ledger) {
    Unchanged(context, "ledger.path", LedgerFolder(running), LedgerFolder(next));
  }
  if (stores && next.responses) Unchanged(context, "server.state", from.state, to.state);
  if (stores != next.responses.has_value() && !context.HasProblem("responses")) {
    context.ReportAt(
        "responses",
        stores ? "cannot be removed while headgate runs" : "cannot be added while headgate runs",
        "restart headgate (a change of store or max_bytes needs no restart)");
  }
}

}  // namespace headgate::config
