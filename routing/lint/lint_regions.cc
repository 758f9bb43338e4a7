#include "routing/lint/lint_regions.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "config/base/glob.h"
#include "config/base/text.h"
#include "routing/reach/request_words.h"

namespace headgate::routing {

namespace {

using config::Concat;
using config::WarningKind;

// The most pairs of a rule and a route above it that are checked: about 1 us each.
constexpr std::size_t kMostPairs = 300'000;

// A backend's value of the label; empty if it has none.
std::string ValueOf(const config::Backend& backend, const std::string& label) {
  const auto found = backend.labels.find(label);
  return found == backend.labels.end() ? std::string() : found->second;
}

// Whether the condition names certain clients. Its boxes do not show that if these are all clients.
bool NamesClients(const config::When& when) {
  return !when.keys.empty() || !when.teams.empty() ||
         std::any_of(when.all.begin(), when.all.end(), NamesClients);
}

// Whether the box is about certain clients, or about requests that a header or metadata entry
// marks. Other conditions, such as a class, bind nobody: a request that matches a route above is
// meant for that route.
bool IsAboutSomebody(const RequestBox& box) {
  return !box.matched.empty() ||
         std::any_of(box.sets.begin(), box.sets.end(),
                     [](const auto& restricted) { return restricted.first == kKeys; });
}

// One run over all routes; `i` is a route.
class RegionLinter {
 public:
  explicit RegionLinter(LintContext& context)
      : context_(context),
        config_(context.config()),
        policy_(context.policy()),
        reach_(context.reach()) {}

  void Region(std::size_t i);

 private:
  struct RegionRule {
    std::size_t route = 0;  // the route that requires the region
    std::string label;      // of backends; empty: the route requires that they are self-hosted
    const std::vector<std::string>* globs = nullptr;
    const LintContext::Exempt* exempt = nullptr;  // who and what is ignored; null: nothing
    std::vector<std::string> about;
  };
  bool LeavesRegion(std::size_t i, const LintContext::Exempt* exempt,
                    std::vector<std::string> about);
  bool FallsBackOutside(std::size_t i, const RegionRule& rule);
  bool MatchesAndSendsOutside(std::size_t i, const RegionRule& rule);
  std::vector<std::size_t> TargetsOutside(std::size_t i, const RegionRule& rule) const;
  bool IsInRegion(const RegionRule& rule, const Target& target) const;
  void ReportMatched(std::size_t i, std::size_t t, const RegionRule& rule);
  void ReportRegion(std::size_t i, std::size_t t, std::string problem, std::string fix,
                    std::vector<std::string> about);

  LintContext& context_;
  const config::Config& config_;
  const CompiledPolicy& policy_;
  Reach& reach_;
  std::size_t pairs_ = 0;  // of routes that MatchesAndSendsOutside has looked at
};

// Whether the target is in the region that the rule requires.
bool RegionLinter::IsInRegion(const RegionRule& rule, const Target& target) const {
  if (rule.label.empty()) return target.hosting == config::Hosting::kSelfHosted;
  const std::string value = ValueOf(config_.backends[target.backend], rule.label);
  return !value.empty() && config::MatchesAnyGlob(*rule.globs, value);
}

// The usable targets of the route that are outside the region, as positions in its `targets`.
std::vector<std::size_t> RegionLinter::TargetsOutside(std::size_t i, const RegionRule& rule) const {
  const CompiledRoute& route = policy_.routes()[i];
  std::vector<std::size_t> outside;
  for (std::size_t t = 0; t < route.targets.size(); ++t) {
    const std::size_t target = route.targets[t];
    const bool counts =
        rule.exempt == nullptr || !context_.BackendAllows(WarningKind::kResidencyRegion, target);
    if (counts && LintContext::Passes(route, target) &&
        !IsInRegion(rule, policy_.targets()[target])) {
      outside.push_back(t);
    }
  }
  return outside;
}

void RegionLinter::ReportRegion(std::size_t i, std::size_t t, std::string problem, std::string fix,
                                std::vector<std::string> about) {
  const config::Route& route = config_.routes[i];
  const bool listed = t < route.targets.size();
  context_.Report(WarningKind::kResidencyRegion,
                  listed ? route.targets[t].location : route.location,
                  listed ? Concat(route.path, ".targets[", t, "]") : route.path, std::move(problem),
                  std::move(fix), std::move(about));
}

// The first usable target is in a required region and a fallback is outside it. Fallbacks that are
// always filtered out do not count.
bool RegionLinter::FallsBackOutside(std::size_t i, const RegionRule& rule) {
  const CompiledRoute& route = policy_.routes()[i];
  if (config_.routes[i].targets.empty()) return false;
  const auto first =
      std::find_if(route.targets.begin(), route.targets.end(),
                   [&](std::size_t target) { return LintContext::Passes(route, target); });
  if (first == route.targets.end()) return false;
  const std::string home = ValueOf(config_.backends[policy_.targets()[*first].backend], rule.label);
  if (home.empty() || !config::MatchesAnyGlob(*rule.globs, home)) return false;
  for (const std::size_t t : TargetsOutside(i, rule)) {
    const Target& target = policy_.targets()[route.targets[t]];
    RequestBox bound = reach_.Anything();
    bound.Restrict(kKeys, context_.ClientsOf(rule.route));
    if (rule.exempt != nullptr) bound.Restrict(kKeys, rule.exempt->others);
    std::size_t leak = 0;
    const bool leaks = bound.Possible() && context_.MayLeak(i, bound, {route.targets[t]}, leak);
    if (!leaks || reach_.Exhausted()) continue;
    const std::string value = ValueOf(config_.backends[target.backend], rule.label);
    ReportRegion(
        i, t,
        Concat(
            "falling back to ", target.name, " leaves ", rule.label, " ", home,
            value.empty() ? Concat(" (it has no label ", rule.label, ")") : Concat(" for ", value),
            ", and clients of this route can also match route ", policy_.routes()[rule.route].name,
            ", which requires ", rule.label, " ", Listed(*rule.globs, " or ")),
        Concat("add `require: {labels: {", rule.label, ": ", home,
               "}}` if the route must stay there"),
        rule.about);
    return true;
  }
  return false;
}

// Whether route `i`, above the route of the rule, matches requests that the rule is for and may
// send them out of the region.
bool RegionLinter::MatchesAndSendsOutside(std::size_t i, const RegionRule& rule) {
  if (i >= rule.route || !reach_.BoxesOf(rule.route) || ++pairs_ > kMostPairs) return false;
  const bool names_clients = NamesClients(config_.routes[rule.route].when);
  for (const std::size_t t : TargetsOutside(i, rule)) {
    const std::size_t target = policy_.routes()[i].targets[t];
    for (RequestBox bound : *reach_.BoxesOf(rule.route)) {
      if (!names_clients && !IsAboutSomebody(bound)) continue;
      bound.nothing_else = true;  // bypasses by a header are warnings of residency_bypass
      if (rule.exempt != nullptr) bound.Restrict(kKeys, rule.exempt->others);
      std::size_t leak = 0;
      if (!bound.Possible() || !context_.MayLeak(i, bound, {target}, leak) || reach_.Exhausted())
        continue;
      ReportMatched(i, t, rule);
      return true;
    }
  }
  return false;
}

void RegionLinter::ReportMatched(std::size_t i, std::size_t t, const RegionRule& rule) {
  const Target& target = policy_.targets()[policy_.routes()[i].targets[t]];
  const std::string& name = policy_.routes()[rule.route].name;
  std::string home = "on self-hosted backends";
  std::string outside = "a paid API";
  if (!rule.label.empty()) {
    const std::string value = ValueOf(config_.backends[target.backend], rule.label);
    home = Concat("in ", rule.label, " ", Listed(*rule.globs, " or "));
    outside =
        value.empty() ? Concat("it has no label ", rule.label) : Concat(rule.label, " ", value);
  }
  ReportRegion(i, t,
               Concat("matches requests that route ", name, ", below it, keeps ", home,
                      ", and may send them to ", target.name, " (", outside, ")"),
               Concat("move route ", name,
                      " above it, or write the same `require` on the keys or teams whose data must "
                      "stay"),
               rule.about);
}

// `exempt`: who and what is ignored. Null: nothing is ignored, and `about` may switch off the
// warning.
bool RegionLinter::LeavesRegion(std::size_t i, const LintContext::Exempt* exempt,
                                std::vector<std::string> about) {
  RegionRule rule;
  rule.exempt = exempt;
  rule.about = std::move(about);
  const config::Require& own = config_.routes[i].require;
  for (rule.route = 0; rule.route < config_.routes.size(); ++rule.route) {
    if (reach_.Exhausted()) return false;
    if (rule.route == i) continue;
    const config::Require& require = config_.routes[rule.route].require;
    for (const auto& [label, globs] : require.labels) {
      if (own.labels.contains(label)) continue;
      rule.label = label;
      rule.globs = &globs;
      if (FallsBackOutside(i, rule) || MatchesAndSendsOutside(i, rule)) return true;
    }
    rule.label.clear();
    const bool at_home = require.hosting == config::Hosting::kSelfHosted && !own.hosting;
    if (at_home && MatchesAndSendsOutside(i, rule)) return true;
  }
  return false;
}

void RegionLinter::Region(std::size_t i) {
  const LintContext::Exempt& exempt = context_.ExemptFrom(WarningKind::kResidencyRegion);
  if (LeavesRegion(i, &exempt, {}) || exempt.paths.empty()) return;
  LeavesRegion(i, nullptr, exempt.paths);
}

}  // namespace

void LintRegions(LintContext& context) {
  RegionLinter linter(context);
  for (std::size_t i = 0; i < context.config().routes.size(); ++i) linter.Region(i);
}

}  // namespace headgate::routing
