#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "config/base/text.h"
#include "routing/lint/nose.h"
#include "routing/policy/require_compiler.h"

namespace headgate::routing {
namespace {

using config::Concat;
using config::WarningKind;

bool IsMet(const CompiledRequire& require) {
  return std::any_of(require.fixed.begin(), require.fixed.end(),
                     [](Drop drop) { return drop == Drop::kNone; });
}

bool Lists(const CompiledRoute& route, std::size_t target) {
  return std::find(route.targets.begin(), route.targets.end(), target) != route.targets.end();
}

}  // namespace

// Whether what the key and its team require holds of the target.
bool PolicyLinter::MeetsAll(const PolicyKey& key, std::size_t target) const {
  return std::all_of(key.require.begin(), key.require.end(), [&](std::size_t require) {
    return policy_.key_requires()[require].fixed[target] == Drop::kNone;
  });
}

bool PolicyLinter::MayUse(std::size_t requester, std::size_t target) const {
  if (requester >= policy_.keys().size()) return true;  // nobody is bound by nothing
  const PolicyKey& compiled = policy_.keys()[requester];
  const std::vector<std::string>& models = compiled.models;
  const bool named = models.empty() || std::find(models.begin(), models.end(),
                                                 policy_.targets()[target].model) != models.end();
  return named && MeetsAll(compiled, target);
}

bool PolicyLinter::AnybodyMayUse(std::size_t target) const {
  if (config_.server.auth == config::AuthMode::kNone || policy_.keys().empty()) return true;
  for (std::size_t key = 0; key < policy_.keys().size(); ++key) {
    if (MayUse(key, target)) return true;
  }
  return false;
}

// Whether the route's `require`, as far as it is never relaxed, leaves the target in.
bool PolicyLinter::Passes(const CompiledRoute& route, std::size_t target) const {
  const bool relaxes = route.on_no_target == config::OnNoTarget::kRelax;
  return (relaxes ? route.require.binding : route.require.fixed)[target] == Drop::kNone;
}

void PolicyLinter::Unmet() {
  std::set<std::string> unmet;
  for (const config::Team& team : config_.teams) {
    if (IsMet(CompileRequire(team.require, config_, policy_))) continue;
    unmet.insert(team.name);
    Report(WarningKind::kRequireUnmet, team.place, Concat("teams.", team.name, ".require"),
           Concat("no target meets what team ", team.name,
                  " requires, so every request of it is refused"),
           "relax it, or add a target that meets it");
  }
  for (std::size_t i = 0; i < config_.keys.size(); ++i) {
    const PolicyKey& key = policy_.keys()[i];
    if (unmet.contains(key.team)) continue;
    bool met = false;
    for (std::size_t t = 0; t < policy_.targets().size() && !met; ++t) met = MayUse(i, t);
    if (met) continue;
    // The key's own come first.
    const bool alone = !key.require.empty() && !IsMet(policy_.key_requires()[key.require.front()]);
    Report(WarningKind::kRequireUnmet, config_.keys[i].place, config_.keys[i].path + ".require",
           Concat("no target meets what key ", key.name,
                  alone ? " requires" : ", its models and its team require together",
                  ", so every request of it is refused"),
           "relax it, or add a target that meets it",
           alone ? std::vector<std::string>() : AllowingPaths(WarningKind::kRequireUnmet, i));
  }
}

void PolicyLinter::Unused(std::size_t t) {
  const Target& target = policy_.targets()[t];
  const CompiledRoute* lister = nullptr;
  for (const CompiledRoute& route : policy_.routes()) {
    if (!Lists(route, t)) continue;
    if (Passes(route, t)) {
      if (AnybodyMayUse(t)) return;
      Report(WarningKind::kTargetUnused, PlaceOf(target), PathOf(target),
             Concat(target.name, " is never used: no key may use it"),
             "let a key use it, or remove it");
      return;
    }
    if (lister == nullptr) lister = &route;
  }
  if (lister == nullptr) {
    Report(WarningKind::kTargetUnused, PlaceOf(target), PathOf(target),
           Concat("no route uses ", target.name, ": only clients that ask for it by name get it"),
           "add it to the targets of a route, or remove it");
    return;
  }
  Report(
      WarningKind::kTargetUnused, PlaceOf(target), PathOf(target),
      Concat(target.name, " is never used: every route that lists it drops it by `require` (route ",
             lister->name, ": ", ToString(lister->require.fixed[t]), ")"),
      "relax `require` of a route, or remove the target");
}

void PolicyLinter::Unpriced(std::size_t t) {
  const Target& target = policy_.targets()[t];
  if (target.hosting != config::Hosting::kPaidApi || target.prices) return;
  Report(WarningKind::kPriceMissing, PlaceOf(target), PathOf(target),
         Concat(target.name, " has no price: it is booked as unpriced and ranks last by cost"),
         "add `price: {input: …, output: …}` in US dollars per 1M tokens");
}

config::Place PolicyLinter::PlaceOf(const Target& target) const {
  for (const config::ServedModel& served : config_.backends[target.backend].models) {
    if (served.model == target.model) return served.place;
  }
  return config_.backends[target.backend].place;
}

std::string PolicyLinter::PathOf(const Target& target) const {
  return Concat("backends.", config_.backends[target.backend].name, ".models.", target.model);
}

}  // namespace headgate::routing
