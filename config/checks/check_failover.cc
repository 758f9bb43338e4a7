#include "config/checks/check_failover.h"

#include <cstddef>
#include <string>

#include "config/base/text.h"

namespace headgate::config {
namespace {

std::size_t TargetCount(const Config& config, const Route& route) {
  if (!route.targets.empty()) return route.targets.size();
  std::size_t count = 0;
  for (const Backend& backend : config.backends) count += backend.models.size();
  return count;
}

// Keys that only a held answer needs.
void CheckHold(ReadContext& context, const Route& route, const std::string& path) {
  if (route.failover.commit.at != CommitAt::kFirstToken) return;
  if (context.HasProblem(path + ".commit")) return;
  for (const std::string_view key : {"hold_limit", "held_comments"}) {
    const std::string at = Concat(path, ".", key);
    if (!context.Has(at)) continue;
    context.ReportAt(at, "has an effect only on answers that are held",
                     "write `commit: {hold: 2s}` or `commit: complete`, or remove it");
  }
}

void CheckAttempts(ReadContext& context, const Route& route, const std::string& path) {
  const std::string at = path + ".attempts";
  if (context.HasProblem(at)) return;
  if (route.failover.attempts.same_target == 0 && context.Has(at + ".backoff")) {
    context.ReportAt(at + ".backoff", "has no effect with `same_target: 0`",
                     "remove it, or write `same_target: 1`");
  }
}

void CheckHedge(ReadContext& context, const Config& config, const Route& route,
                const std::string& path) {
  const std::string at = path + ".hedge";
  if (!route.failover.hedge || context.HasProblem(at)) return;
  if (context.HasProblem(path + ".targets") || context.HasProblem("backends")) return;
  if (TargetCount(config, route) < 2) {
    context.ReportAt(at, "needs a second target, but the route has only one",
                     "add a target to the route, or remove hedge");
  } else if (route.failover.attempts.targets.value_or(2) < 2) {
    context.ReportAt(at, "needs a second target, but the route has `attempts: {targets: 1}`",
                     "write `targets: 2` or more in attempts, or remove hedge");
  }
}

// Of one `timeouts`, whose values stand side by side.
void CheckFirstByte(ReadContext& context, const std::optional<Milliseconds>& first_byte,
                    Milliseconds total, const std::string& path) {
  const std::string at = path + ".timeouts";
  if (!first_byte || context.HasProblem(at) || !context.Has(at + ".total")) return;
  if (*first_byte <= total) return;
  context.ReportAt(at + ".first_byte", "has no effect, because it is longer than total",
                   "write a shorter time, or a longer total");
}

}  // namespace

void CheckFailover(ReadContext& context, const Config& config) {
  for (const Route& route : config.routes) {
    CheckHold(context, route, route.path);
    CheckAttempts(context, route, route.path);
    CheckHedge(context, config, route, route.path);
    CheckFirstByte(context, route.timeouts.first_byte, route.timeouts.total.value_or(kNever),
                   route.path);
  }
  for (const Backend& backend : config.backends) {
    CheckFirstByte(context, backend.timeouts.first_byte, backend.timeouts.total,
                   Concat("backends.", backend.name));
  }
}

}  // namespace headgate::config
