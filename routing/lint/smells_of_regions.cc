#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "config/base/glob.h"
#include "config/base/text.h"
#include "routing/lint/nose.h"

// Requests that leave a region which another route requires for them. What a key or team requires
// holds on every route, so it needs no warning.

namespace headgate::routing {
namespace {

using config::Concat;
using config::WarningKind;

// Pairs of a rule and a route above it that are looked at: about 1 us each.
constexpr std::size_t kMostPairs = 300'000;

// A backend's label; empty where it has none.
std::string ValueOf(const config::Backend& backend, const std::string& label) {
  const auto found = backend.labels.find(label);
  return found == backend.labels.end() ? std::string() : found->second;
}

// Whether the condition is about certain clients. Where these are all that there are, a box of it
// does not show that.
bool NamesClients(const config::When& when) {
  return !when.keys.empty() || !when.teams.empty() ||
         std::any_of(when.all.begin(), when.all.end(), NamesClients);
}

// Whether the box of a condition is about certain clients, or about requests that say what they are
// by a header or metadata entry. Another condition, such as a class, binds nobody: what comes to a
// route above it is meant for that route.
bool IsAboutSomebody(const RequestBox& box) {
  return !box.matched.empty() ||
         std::any_of(box.sets.begin(), box.sets.end(),
                     [](const auto& restricted) { return restricted.first == kKeys; });
}

}  // namespace

// Whether the target is where the rule wants its requests to stay.
bool PolicyLinter::IsAtHome(const RegionRule& rule, const Target& target) const {
  if (rule.label.empty()) return target.hosting == config::Hosting::kSelfHosted;
  const std::string value = ValueOf(config_.backends[target.backend], rule.label);
  return !value.empty() && config::MatchesAnyGlob(*rule.globs, value);
}

// The targets of the route that it can use and that are outside the region; positions in `targets`
// of the compiled route.
std::vector<std::size_t> PolicyLinter::Abroad(std::size_t i, const RegionRule& rule) const {
  const CompiledRoute& route = policy_.routes()[i];
  std::vector<std::size_t> abroad;
  for (std::size_t t = 0; t < route.targets.size(); ++t) {
    const std::size_t target = route.targets[t];
    const bool counts =
        rule.exempt == nullptr || !BackendAllows(WarningKind::kResidencyRegion, target);
    if (counts && Passes(route, target) && !IsAtHome(rule, policy_.targets()[target])) {
      abroad.push_back(t);
    }
  }
  return abroad;
}

void PolicyLinter::ReportRegion(std::size_t i, std::size_t t, std::string problem, std::string fix,
                                std::vector<std::string> about) {
  const config::Route& route = config_.routes[i];
  const bool listed = t < route.targets.size();
  Report(WarningKind::kResidencyRegion, listed ? route.targets[t].place : route.place,
         listed ? Concat(route.path, ".targets[", t, "]") : route.path, std::move(problem),
         std::move(fix), std::move(about));
}

// Whether someone whom the rule binds can get out of the region by falling back on route `i`, whose
// first target is in it.
bool PolicyLinter::FallsBackAbroad(std::size_t i, const RegionRule& rule) {
  const CompiledRoute& route = policy_.routes()[i];
  if (config_.routes[i].targets.empty()) return false;
  const auto first = std::find_if(route.targets.begin(), route.targets.end(),
                                  [&](std::size_t target) { return Passes(route, target); });
  if (first == route.targets.end()) return false;
  const std::string home = ValueOf(config_.backends[policy_.targets()[*first].backend], rule.label);
  if (home.empty() || !config::MatchesAnyGlob(*rule.globs, home)) return false;
  for (const std::size_t t : Abroad(i, rule)) {
    const Target& target = policy_.targets()[route.targets[t]];
    RequestBox bound = reach_.Anything();
    bound.Restrict(kKeys, ComersOf(rule.route));
    if (rule.exempt != nullptr) bound.Restrict(kKeys, rule.exempt->others);
    std::size_t leak = 0;
    const bool leaks = bound.Possible() && MayLeak(i, bound, {route.targets[t]}, leak);
    if (!leaks || reach_.Exhausted()) continue;
    const std::string value = ValueOf(config_.backends[target.backend], rule.label);
    ReportRegion(
        i, t,
        Concat(
            "falling back to ", target.name, " leaves ", rule.label, " ", home,
            value.empty() ? Concat(" (it has no label ", rule.label, ")") : Concat(" for ", value),
            ", and clients of this route also come to route ", policy_.routes()[rule.route].name,
            ", which requires ", rule.label, " ", Listed(*rule.globs, " or ")),
        Concat("add `require: {labels: {", rule.label, ": ", home,
               "}}` if the route must stay there"),
        rule.about);
    return true;
  }
  return false;
}

// Whether route `i`, above the rule, takes requests that the rule is for and may send them out of
// the region.
bool PolicyLinter::TakesAbroad(std::size_t i, const RegionRule& rule) {
  if (i >= rule.route || !reach_.BoxesOf(rule.route) || ++pairs_ > kMostPairs) return false;
  const bool names_clients = NamesClients(config_.routes[rule.route].when);
  for (const std::size_t t : Abroad(i, rule)) {
    const std::size_t target = policy_.routes()[i].targets[t];
    for (RequestBox bound : *reach_.BoxesOf(rule.route)) {
      if (!names_clients && !IsAboutSomebody(bound)) continue;
      bound.nothing_else = true;  // a header that opens the upper route is residency_bypass
      if (rule.exempt != nullptr) bound.Restrict(kKeys, rule.exempt->others);
      std::size_t leak = 0;
      if (!bound.Possible() || !MayLeak(i, bound, {target}, leak) || reach_.Exhausted()) continue;
      ReportTaken(i, t, rule);
      return true;
    }
  }
  return false;
}

void PolicyLinter::ReportTaken(std::size_t i, std::size_t t, const RegionRule& rule) {
  const Target& target = policy_.targets()[policy_.routes()[i].targets[t]];
  const std::string& name = policy_.routes()[rule.route].name;
  std::string home = "on self-hosted backends";
  std::string abroad = "a paid API";
  if (!rule.label.empty()) {
    const std::string value = ValueOf(config_.backends[target.backend], rule.label);
    home = Concat("in ", rule.label, " ", Listed(*rule.globs, " or "));
    abroad =
        value.empty() ? Concat("it has no label ", rule.label) : Concat(rule.label, " ", value);
  }
  ReportRegion(i, t,
               Concat("takes requests that route ", name, ", below it, keeps ", home,
                      ", and may send them to ", target.name, " (", abroad, ")"),
               Concat("move route ", name,
                      " above it, or write the same `require` on the keys or teams whose data must "
                      "stay"),
               rule.about);
}

// `exempt`: what counts for nothing; none: everything counts, and the warning is about `about`.
bool PolicyLinter::LeavesRegion(std::size_t i, const Exempt* exempt,
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
      if (FallsBackAbroad(i, rule) || TakesAbroad(i, rule)) return true;
    }
    rule.label.clear();
    const bool at_home = require.hosting == config::Hosting::kSelfHosted && !own.hosting;
    if (at_home && TakesAbroad(i, rule)) return true;
  }
  return false;
}

void PolicyLinter::Region(std::size_t i) {
  const Exempt& exempt = ExemptFrom(WarningKind::kResidencyRegion);
  if (LeavesRegion(i, &exempt, {}) || exempt.paths.empty()) return;
  LeavesRegion(i, nullptr, exempt.paths);
}

}  // namespace headgate::routing
