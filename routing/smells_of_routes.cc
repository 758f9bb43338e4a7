#include <algorithm>
#include <string>
#include <utility>

#include "config/glob.h"
#include "config/text.h"
#include "routing/nose.h"

namespace headgate::routing {
namespace {

using config::Concat;
using config::WarningKind;

constexpr std::size_t kNamedTakers = 4;

bool MatchesAny(const std::vector<std::string>& globs, const std::string& text) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return config::MatchesGlob(glob, text); });
}

// What a label requires somewhere, at a target's backend; empty: it has none.
std::string ValueOf(const config::Backend& backend, const std::string& label) {
  const auto found = backend.labels.find(label);
  return found == backend.labels.end() ? std::string() : found->second;
}

}  // namespace

void Nose::Reachable(std::size_t i) {
  const std::string& name = policy_.routes()[i].name;
  const config::Place& place = config_.routes[i].place;
  const Reach::Verdict verdict = reach_.Of(i);
  if (verdict.kind == Reach::Verdict::Kind::kImpossible) {
    Report(WarningKind::kRouteUnreachable, place, config_.routes[i].path,
           Concat("route ", name, " can never match: no request has all that its `when` says"),
           "loosen the condition, or remove the route");
  }
  if (verdict.kind != Reach::Verdict::Kind::kTaken) return;
  std::vector<std::string> takers;
  for (const std::size_t taker : verdict.takers) {
    if (takers.size() == kNamedTakers) {
      takers.back() = Concat(verdict.takers.size() - kNamedTakers + 1, " more");
      break;
    }
    takers.push_back(policy_.routes()[taker].name);
  }
  const bool alone = takers.size() == 1;
  Report(WarningKind::kRouteUnreachable, place, config_.routes[i].path,
         Concat("route ", name, " can never match: ", alone ? "route " : "routes ", Listed(takers),
                alone ? " takes" : " together take", " everything before it"),
         Concat("move it above ", takers.front(), ", or remove it"));
}

void Nose::Empty(std::size_t i) {
  const CompiledRoute& route = policy_.routes()[i];
  const auto any = [&](const std::vector<Drop>& drops) {
    return std::any_of(route.targets.begin(), route.targets.end(),
                       [&](std::size_t t) { return drops[t] == Drop::kNone; });
  };
  if (any(route.require.fixed)) return;
  const bool relaxes =
      route.on_no_target == config::OnNoTarget::kRelax && any(route.require.binding);
  Report(WarningKind::kRequireUnmet, config_.routes[i].place, config_.routes[i].path + ".require",
         Concat("no target of route ", route.name, " meets it, so ",
                relaxes ? "it is relaxed for every request" : "every request is refused"),
         "loosen `require`, or add a target that meets it");
}

// The first target is where a rule wants requests to be, and a later one is not. A later one that
// is dropped anyway, by the route or for everybody who comes here, is no matter.
void Nose::Region(std::size_t i) {
  const config::Route& route = config_.routes[i];
  const CompiledRoute& compiled = policy_.routes()[i];
  const auto backend = [&](std::size_t t) -> const config::Backend& {
    return config_.backends[policy_.targets()[compiled.targets[t]].backend];
  };
  std::vector<std::size_t> usable;
  for (std::size_t t = 0; t < route.targets.size(); ++t) {
    if (Passes(compiled, compiled.targets[t])) usable.push_back(t);
  }
  for (const auto& required : required_labels_) {
    const std::string& label = required.first;
    const std::vector<std::string>& globs = required.second;
    if (usable.empty() || route.require.labels.contains(label)) continue;
    const std::string home = ValueOf(backend(usable[0]), label);
    if (home.empty() || !MatchesAny(globs, home)) continue;
    const auto away = std::find_if(usable.begin(), usable.end(), [&](std::size_t t) {
      const std::string value = ValueOf(backend(t), label);
      std::size_t target = 0;
      return (value.empty() || !MatchesAny(globs, value)) &&
             MayLeak(i, reach_.Anything(), {compiled.targets[t]}, target);
    });
    if (away == usable.end()) continue;
    const std::string value = ValueOf(backend(*away), label);
    Report(
        WarningKind::kResidencyRegion, route.targets[*away].place,
        Concat(route.path, ".targets[", *away, "]"),
        Concat("falling back to ", policy_.targets()[compiled.targets[*away]].name, " leaves ",
               label, " ", home, " for ", value.empty() ? "one that has none" : value,
               ", and a rule elsewhere requires ", label),
        Concat("add `require: {labels: {", label, ": ", home, "}}` if the route must stay there"));
    return;
  }
}

}  // namespace headgate::routing
