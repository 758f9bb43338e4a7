#include "config/checks/check_routes.h"

#include <algorithm>

#include "config/base/text.h"
#include "config/checks/check_backends.h"
#include "config/checks/lookup.h"

namespace headgate::config {
namespace {

void CheckTargets(ReadContext& context, const Config& config, const Route& route,
                  const std::string& path) {
  const std::string list = path + ".targets";
  if (route.targets.empty() && context.Has(list) && !context.HasProblem(list)) {
    context.ReportAt(list, "is an empty list",
                     "name a target (model@backend), or remove the key to mean every target");
  }
  for (std::size_t i = 0; i < route.targets.size(); ++i) {
    const std::string at = Concat(list, "[", i, "]");
    const TargetReference& target = route.targets[i];
    if (!CheckTarget(context, config, at, target)) continue;
    if (std::any_of(route.targets.begin(), route.targets.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const TargetReference& earlier) {
                      return earlier.model == target.model && earlier.backend == target.backend;
                    })) {
      context.ReportAt(at, Concat("`", target.model, "@", target.backend, "` is in the list twice"),
                       "remove one of them");
    }
  }
}

void CheckWeights(ReadContext& context, const Route& route, const std::string& path) {
  const std::string list = path + ".targets";
  if (context.HasProblem(list) || context.HasProblem(path + ".prefer")) return;
  if (route.prefer != Prefer::kWeighted) {
    for (std::size_t i = 0; i < route.targets.size(); ++i) {
      const std::string at = Concat(list, "[", i, "].weight");
      if (!context.Has(at)) continue;
      context.ReportAt(at, "has an effect only under `prefer: weighted`",
                       "write `prefer: weighted`, or remove the weight");
    }
    return;
  }
  if (route.targets.empty()) {
    context.ReportAt(path + ".prefer", "is weighted, but the route names no targets",
                     "add `targets: [{target: model@backend, weight: 1}]`");
  } else if (std::all_of(route.targets.begin(), route.targets.end(),
                         [](const TargetReference& target) { return target.weight == 0; })) {
    context.ReportAt(list, "has only weights of 0", "give at least one target a weight above 0");
  }
}

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

}  // namespace

void CheckRoutes(ReadContext& context, const Config& config) {
  if (config.routes.empty() && context.Has("routes") && !context.HasProblem("routes")) {
    context.ReportAt("routes", "is empty",
                     "add at least one, for example `- {name: general, prefer: lowest_cost}`");
  }
  for (const Route& route : config.routes) {
    const std::string& path = route.path;
    const auto twin = std::find_if(config.routes.begin(), config.routes.end(),
                                   [&](const Route& other) { return other.name == route.name; });
    if (!route.name.empty() && &*twin != &route) {
      context.ReportAt(path + ".name",
                       Concat("`", route.name, "` is already the name of the route at ",
                              ToString(twin->location)),
                       "give each route a name of its own");
    }
    CheckTargets(context, config, route, path);
    CheckWeights(context, route, path);
    CheckHold(context, route, path);
    CheckAttempts(context, route, path);
    CheckHedge(context, config, route, path);
    CheckFirstByte(context, route.timeouts.first_byte, route.timeouts.total.value_or(kNever), path);
  }
  if (config.baseline) CheckTarget(context, config, "baseline", *config.baseline);
}

}  // namespace headgate::config
