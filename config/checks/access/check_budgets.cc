#include "config/checks/access/check_budgets.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/suggest.h"
#include "config/base/text.h"
#include "config/checks/lookup.h"

namespace headgate::config {
namespace {

using KnownNames = std::vector<std::string>;

// The names that the members of a scope may have.
struct ScopeNames {
  KnownNames teams;
  KnownNames keys;
  KnownNames routes;
  KnownNames backends;
};

ScopeNames NamesOf(const Config& config) {
  ScopeNames names;
  for (const Team& team : config.teams) names.teams.push_back(team.name);
  for (const Key& key : config.keys) {
    names.teams.push_back(key.team);
    names.keys.push_back(key.name);
  }
  for (const Route& route : config.routes) names.routes.push_back(route.name);
  for (const Backend& backend : config.backends) names.backends.push_back(backend.name);
  return names;
}

void CheckMember(ReadContext& context, const std::string& path, const std::string& name,
                 const KnownNames& known, std::string_view advice) {
  if (name.empty() || context.HasProblem(path)) return;
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  std::string fix = DidYouMean(name, known);
  if (!advice.empty()) fix.append(fix.ends_with('?') ? " Or " : ", or ").append(advice);
  context.ReportAt(path, Concat("`", name, "` is not configured"), std::move(fix));
}

// Budgets of one name have to differ in `when_spent` alone.
bool AreTwins(const Budget& a, const Budget& b) {
  return a.zone == b.zone && a.counts == b.counts && a.when_spent != b.when_spent;
}

// Names budgets that differ in `when_spent` alone by it. Reports others of the same name.
void CheckNames(ReadContext& context, std::vector<Budget>& budgets) {
  std::map<std::string, std::vector<Budget*>> named;
  for (Budget& budget : budgets) {
    if (!context.HasProblem(budget.path)) named[NameOf(budget)].push_back(&budget);
  }
  for (auto& [name, twins] : named) {
    for (std::size_t i = 0; i < twins.size(); ++i) {
      for (std::size_t other = 0; other < i; ++other) {
        if (AreTwins(*twins[i], *twins[other])) continue;
        context.ReportAt(twins[i]->path,
                         Concat("has the same scope and period as ", twins[other]->path),
                         "keep one of them, or give them another `when_spent` and the same `zone` "
                         "and `counts`");
        break;
      }
    }
    for (Budget* const budget : twins) budget->has_twin = twins.size() > 1;
  }
}

void CheckScope(ReadContext& context, const Config& config, const ScopeNames& names,
                const Budget& budget) {
  const std::string path = budget.path + ".scope";
  CheckMember(context, path + ".team", budget.scope.team, names.teams,
              "name the team under `teams` if its keys are made at run time");
  CheckMember(context, path + ".key", budget.scope.key, names.keys,
              "limit the team of a key that is made at run time");
  CheckMember(context, path + ".route", budget.scope.route, names.routes, {});
  CheckMember(context, path + ".backend", budget.scope.backend, names.backends, {});
  const std::string& model = budget.scope.model;
  if (model.empty() || context.HasProblem(path + ".model")) return;
  CheckModelExists(context, config, path + ".model", model);
}

}  // namespace

void CheckBudgets(ReadContext& context, Config& config) {
  if (config.alerts && config.budgets.empty() && !context.HasProblem("budgets")) {
    context.ReportAt("alerts", "has nothing to tell, because there are no budgets",
                     "write `budgets: [{limit: 500, per: month}]`, or remove it");
  }
  if (config.budgets.empty()) return;
  if (!config.ledger && !config.server.state.empty()) config.ledger.emplace();
  if (!config.ledger && !context.HasProblem("ledger") && !context.HasProblem("server")) {
    context.ReportAt("budgets", "require a ledger, which remembers what was spent before a restart",
                     "write `ledger: {path: /var/lib/headgate/ledger}`");
  }
  const ScopeNames names = NamesOf(config);
  for (const Budget& budget : config.budgets) {
    if (!context.HasProblem(budget.path)) CheckScope(context, config, names, budget);
  }
  CheckNames(context, config.budgets);
}

}  // namespace headgate::config
