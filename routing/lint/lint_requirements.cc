#include "routing/lint/lint_requirements.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "routing/policy/require_compiler.h"
#include "routing/reach/request_words.h"

namespace headgate::routing {

namespace {

using config::Concat;
using config::WarningKind;

constexpr std::size_t kMostListed = 4;

bool IsMet(const CompiledRequire& require) {
  return std::any_of(require.fixed.begin(), require.fixed.end(),
                     [](Drop drop) { return drop == Drop::kNone; });
}

// One run over routes, teams and keys; `i` is a route.
class RequirementLinter {
 public:
  explicit RequirementLinter(LintContext& context)
      : context_(context),
        config_(context.config()),
        policy_(context.policy()),
        reach_(context.reach()) {}

  void Empty(std::size_t i);
  void Unmet();
  void Conflict(std::size_t i);

 private:
  void ReportConflict(std::size_t i, const std::vector<std::size_t>& refused,
                      std::vector<std::string> about);
  bool Refuses(std::size_t i, std::size_t requester, const std::vector<std::size_t>& usable);
  std::string Subjects(const std::vector<std::size_t>& refused) const;
  std::string Reasons(std::size_t i, std::size_t requester) const;

  LintContext& context_;
  const config::Config& config_;
  const CompiledPolicy& policy_;
  Reach& reach_;
};

void RequirementLinter::Empty(std::size_t i) {
  const CompiledRoute& route = policy_.routes()[i];
  const auto any = [&](const std::vector<Drop>& drops) {
    return std::any_of(route.targets.begin(), route.targets.end(),
                       [&](std::size_t t) { return drops[t] == Drop::kNone; });
  };
  if (any(route.require.fixed)) return;
  const bool relaxes =
      route.on_no_target == config::OnNoTarget::kRelax && any(route.require.binding);
  context_.Report(WarningKind::kRequireUnmet, config_.routes[i].location,
                  config_.routes[i].path + ".require",
                  Concat("no target of route ", route.name, " meets it, so ",
                         relaxes ? "it is relaxed for every request" : "every request is refused"),
                  "relax `require`, or add a target that meets it");
}

void RequirementLinter::Unmet() {
  std::set<std::string> unmet;
  for (const config::Team& team : config_.teams) {
    if (IsMet(CompileRequire(team.require, config_, policy_))) continue;
    unmet.insert(team.name);
    context_.Report(WarningKind::kRequireUnmet, team.location,
                    Concat("teams.", team.name, ".require"),
                    Concat("no target meets what team ", team.name,
                           " requires, so all of its requests are refused"),
                    "relax it, or add a target that meets it");
  }
  for (std::size_t i = 0; i < config_.keys.size(); ++i) {
    const PolicyKey& key = policy_.keys()[i];
    if (unmet.contains(key.team)) continue;
    bool met = false;
    for (std::size_t t = 0; t < policy_.targets().size() && !met; ++t) met = context_.MayUse(i, t);
    if (met) continue;
    // The first `require` is that of the key itself.
    const bool alone = !key.require.empty() && !IsMet(policy_.key_requires()[key.require.front()]);
    context_.Report(
        WarningKind::kRequireUnmet, config_.keys[i].location, config_.keys[i].path + ".require",
        Concat("no target meets what key ", key.name,
               alone ? " requires" : ", its models and its team require together",
               ", so all of its requests are refused"),
        "relax it, or add a target that meets it",
        alone ? std::vector<std::string>() : context_.AllowingPaths(WarningKind::kRequireUnmet, i));
  }
}

// Whether requests of the requester for `auto` may reach the route although it may use none of the
// usable targets there.
bool RequirementLinter::Refuses(std::size_t i, std::size_t requester,
                                const std::vector<std::size_t>& usable) {
  const bool may_use = std::any_of(usable.begin(), usable.end(),
                                   [&](std::size_t t) { return context_.MayUse(requester, t); });
  if (may_use) return false;
  RequestBox asking = context_.OnlyFrom(reach_.Anything(), requester);
  NumberSet automatic(reach_.space().every[kAsked].size(), 0);
  AddNumber(policy_.Resolve("auto").asked, automatic);
  asking.Restrict(kAsked, automatic);
  return reach_.BoxesOf(i) && reach_.MayTake(i, asking) && !reach_.Exhausted();
}

void RequirementLinter::Conflict(std::size_t i) {
  const CompiledRoute& route = policy_.routes()[i];
  std::vector<std::size_t> usable;
  for (const std::size_t t : route.targets) {
    if (LintContext::Passes(route, t)) usable.push_back(t);
  }
  if (usable.empty()) return;
  std::vector<std::size_t> refused;
  std::vector<std::size_t> allowed;
  std::vector<std::string> about;  // the paths that switch off the warning
  for (std::size_t key = 0; key < policy_.keys().size(); ++key) {
    const PolicyKey& compiled = policy_.keys()[key];
    if (compiled.require.empty() && compiled.models.empty()) continue;
    bool somewhere = false;
    for (std::size_t t = 0; t < policy_.targets().size() && !somewhere; ++t) {
      somewhere = context_.MayUse(key, t);
    }
    if (!somewhere || !Refuses(i, key, usable)) continue;
    std::vector<std::string> paths = context_.AllowingPaths(WarningKind::kRequireConflict, key);
    (paths.empty() ? refused : allowed).push_back(key);
    std::move(paths.begin(), paths.end(), std::back_inserter(about));
  }
  ReportConflict(i, refused, {});
  ReportConflict(i, allowed, std::move(about));
}

void RequirementLinter::ReportConflict(std::size_t i, const std::vector<std::size_t>& refused,
                                       std::vector<std::string> about) {
  if (refused.empty()) return;
  context_.Report(
      WarningKind::kRequireConflict, config_.routes[i].location, config_.routes[i].path,
      Concat("route ", policy_.routes()[i].name, " refuses every request of ", Subjects(refused),
             " that matches it", ": their `require` and `models` drop all of its targets (",
             Reasons(i, refused.front()), ")"),
      "add a target that they may use, or a route for them above this one", std::move(about));
}

// Names a team if all of its keys are refused, else the keys.
std::string RequirementLinter::Subjects(const std::vector<std::size_t>& refused) const {
  std::map<std::string, std::size_t> keys_of;
  std::map<std::string, std::size_t> refused_of;
  for (const PolicyKey& key : policy_.keys()) ++keys_of[key.team];
  for (const std::size_t key : refused) ++refused_of[policy_.keys()[key].team];
  std::vector<std::string> names;
  std::set<std::string> teams;
  for (const std::size_t number : refused) {
    const PolicyKey& key = policy_.keys()[number];
    const bool of_team =
        std::any_of(config_.teams.begin(), config_.teams.end(),
                    [&](const config::Team& team) { return team.name == key.team; });
    if (!of_team || refused_of[key.team] < keys_of[key.team]) {
      names.push_back("key " + key.name);
    } else if (teams.insert(key.team).second) {
      names.push_back("team " + key.team);
    }
  }
  return ListedAtMost(kMostListed, std::move(names));
}

// For example "gpt-4.1@openai: hosting".
std::string RequirementLinter::Reasons(std::size_t i, std::size_t requester) const {
  const PolicyKey& key = policy_.keys()[requester];
  std::vector<std::string> reasons;
  for (const std::size_t t : policy_.routes()[i].targets) {
    if (!LintContext::Passes(policy_.routes()[i], t)) continue;
    Drop drop = Drop::kModelNotAllowed;
    for (const std::size_t require : key.require) {
      const Drop fixed = policy_.key_requires()[require].fixed[t];
      if (fixed != Drop::kNone) drop = fixed;
    }
    reasons.push_back(Concat(policy_.targets()[t].name, ": ", ToString(drop)));
  }
  return ListedAtMost(kMostListed, std::move(reasons), ", ");
}

}  // namespace

void LintUnmetRoutes(LintContext& context) {
  RequirementLinter linter(context);
  for (std::size_t i = 0; i < context.config().routes.size(); ++i) linter.Empty(i);
}

void LintUnmetClients(LintContext& context) { RequirementLinter(context).Unmet(); }

void LintConflicts(LintContext& context) {
  RequirementLinter linter(context);
  for (std::size_t i = 0; i < context.config().routes.size(); ++i) linter.Conflict(i);
}

}  // namespace headgate::routing
