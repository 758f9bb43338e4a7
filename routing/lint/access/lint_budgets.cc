#include "routing/lint/access/lint_budgets.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "config/base/suggest.h"
#include "config/base/text.h"
#include "policy/budgets/worst_cost.h"

namespace headgate::routing {
namespace {

using config::Budget;
using config::Concat;
using config::WarningKind;
using config::WhenSpent;

// Rounded up to a millionth of a dollar.
std::string UpToUsd(NanoUsd amount) {
  constexpr NanoUsd kPlace = 1000;
  constexpr std::int64_t kPlaces = kNanoPerUsd / kPlace;
  const std::int64_t places = (amount + kPlace - 1) / kPlace;
  std::string text = Concat(places % kPlaces + kPlaces).substr(1);
  while (text.size() > 2 && text.back() == '0') text.pop_back();
  return Concat("$", places / kPlaces, ".", text);
}

// One run over the budgets.
class BudgetLinter {
 public:
  explicit BudgetLinter(LintContext& context)
      : context_(context), config_(context.config()), policy_(context.policy()) {}

  void TooSmall(const Budget& budget);
  void Useless(const Budget& budget);

 private:
  using Targets = std::vector<std::size_t>;

  bool Counts(const Budget& budget, std::size_t target) const;
  // The targets to which a route of the scope may send requests, by route.
  std::vector<Targets> TargetsByRoute(const Budget& budget) const;
  NanoUsd MostWithoutMaximum(const Budget& budget, std::size_t target) const;
  bool IsForNamedModels(std::size_t route) const {
    return !config_.routes[route].when.models.empty();
  }
  void Report(WarningKind kind, const Budget& budget, std::string problem, std::string fix) {
    context_.Report(kind, budget.location, budget.path, std::move(problem), std::move(fix));
  }

  LintContext& context_;
  const config::Config& config_;
  const CompiledPolicy& policy_;
};

bool BudgetLinter::Counts(const Budget& budget, std::size_t t) const {
  const Target& target = policy_.targets()[t];
  const std::string& backend = config_.backends[target.backend].name;
  const bool paid = target.hosting == config::Hosting::kPaidApi;
  return (paid || budget.counts == config::BudgetCounts::kAll) &&
         (budget.scope.backend.empty() || budget.scope.backend == backend) &&
         (budget.scope.model.empty() || budget.scope.model == target.model);
}

std::vector<BudgetLinter::Targets> BudgetLinter::TargetsByRoute(const Budget& budget) const {
  std::vector<Targets> routes;
  for (std::size_t i = 0; i < policy_.routes().size(); ++i) {
    const CompiledRoute& route = policy_.routes()[i];
    if (!budget.scope.route.empty() && budget.scope.route != route.name) continue;
    Targets& targets = routes.emplace_back();
    for (const std::size_t t : route.targets) {
      if (LintContext::Passes(route, t)) targets.push_back(t);
    }
    const bool counted = std::any_of(targets.begin(), targets.end(),
                                     [&](std::size_t t) { return Counts(budget, t); });
    if (!counted) routes.pop_back();
  }
  return routes;
}

// The most that a short request may cost which says no maximum of output.
NanoUsd BudgetLinter::MostWithoutMaximum(const Budget& budget, std::size_t t) const {
  const Target& target = policy_.targets()[t];
  if (!target.prices || target.hosting != config::Hosting::kPaidApi || !target.chat) return 0;
  const std::int64_t output = target.max_output > 0
                                  ? std::min(budget.assume_output, target.max_output)
                                  : budget.assume_output;
  constexpr std::int64_t kBeforeAnyChange = 0;
  return policy::WorstCost(*target.prices, {.input = 1, .output = output}, kBeforeAnyChange);
}

void BudgetLinter::TooSmall(const Budget& budget) {
  if (budget.when_spent != WhenSpent::kReject) return;
  std::optional<std::size_t> least;
  NanoUsd least_cost = 0;
  for (const Targets& targets : TargetsByRoute(budget)) {
    for (const std::size_t t : targets) {
      if (!Counts(budget, t)) continue;
      const NanoUsd cost = MostWithoutMaximum(budget, t);
      if (cost <= budget.limit) return;
      if (!least || cost < least_cost) {
        least = t;
        least_cost = cost;
      }
    }
  }
  if (!least) return;
  Report(
      WarningKind::kBudgetTooSmall, budget,
      Concat("has a limit that is less than one call can cost (", policy_.targets()[*least].name,
             ": up to ", UpToUsd(least_cost), "), so a request without `max_tokens` never passes"),
      "raise `limit`, or lower `assume_output`");
}

void BudgetLinter::Useless(const Budget& budget) {
  std::size_t routes = 0;
  std::size_t one_target = 0;
  std::size_t nothing_left = 0;
  for (std::size_t i = 0; i < policy_.routes().size(); ++i) {
    Budget of_route = budget;
    if (!budget.scope.route.empty() && budget.scope.route != policy_.routes()[i].name) continue;
    of_route.scope.route = policy_.routes()[i].name;
    for (const Targets& targets : TargetsByRoute(of_route)) {
      ++routes;
      if (targets.size() == 1 || IsForNamedModels(i)) ++one_target;
      const bool left = std::any_of(targets.begin(), targets.end(), [&](std::size_t t) {
        return policy_.targets()[t].hosting == config::Hosting::kSelfHosted || !Counts(budget, t);
      });
      if (!left) ++nothing_left;
    }
  }
  if (routes == 0) return;
  if (budget.when_spent == WhenSpent::kCheapest && one_target == routes) {
    Report(WarningKind::kBudgetUseless, budget,
           "changes nothing when it is spent: each route that it counts has one target or is for "
           "requests that name a model, which `cheapest` does not stop",
           "write `when_spent: reject`, or `models` at the keys");
  }
  if (budget.when_spent == WhenSpent::kSelfHostedOnly && nothing_left == routes) {
    Report(WarningKind::kBudgetUseless, budget,
           "refuses every request when it is spent: no route that it counts has a self-hosted "
           "target",
           "add a self-hosted target to a route, or write `when_spent: reject`");
  }
}

}  // namespace

void LintBudgets(LintContext& context) {
  BudgetLinter linter(context);
  for (const Budget& budget : context.config().budgets) {
    linter.TooSmall(budget);
    linter.Useless(budget);
  }
}

// Teams whose keys are made at run time are named here too, so only a likely mistake is reported.
void LintTeams(LintContext& context) {
  const config::Config& config = context.config();
  std::vector<std::string> known;
  for (const config::Key& key : config.keys) known.push_back(key.team);
  for (const config::Team& team : config.teams) {
    if (std::find(known.begin(), known.end(), team.name) != known.end()) continue;
    const std::optional<std::string> near = config::Nearest(team.name, known);
    if (!near) continue;
    context.Report(WarningKind::kTeamUnknown, team.location, "teams." + team.name,
                   "is the team of no key", Concat("did you mean `", *near, "`?"));
  }
}

}  // namespace headgate::routing
