#include "config/checks/check_routes.h"

#include <algorithm>

#include "config/base/text.h"
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
  }
  if (config.baseline) CheckTarget(context, config, "baseline", *config.baseline);
}

}  // namespace headgate::config
